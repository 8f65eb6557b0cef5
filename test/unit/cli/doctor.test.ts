/** `weir agent doctor` says what it found to people and to machines, and ends with what the verdict means. */
import { expect, test } from 'vitest'
import type { Checkup, CliDeps } from '../../../src/cli/deps.ts'
import { problem } from '../../../src/cli/exit-codes.ts'
import { type Ran, run } from './fake-deps.ts'

const checkup: Checkup = {
  agent: 'agent:research',
  kind: 'a2a',
  verdict: 'works with emulation',
  findings: [
    { check: 'connection', at: null, result: 'ok', seen: '192.0.2.1 after 3 ms', advice: null, keys: [] },
    {
      check: 'stream',
      at: '1.0 jsonrpc',
      result: 'emulated',
      seen: 'no\u202e streams',
      advice: 'Weir asks.',
      keys: ['streams'],
    },
  ],
}

type Asked = Parameters<CliDeps['registry']['examine']>[0]

async function doctor(args: readonly string[], found: Checkup | ReturnType<typeof problem> = checkup, fakes = {}) {
  const asked: Asked[] = []
  const registry: CliDeps['registry'] = {
    preview: () => Promise.resolve(problem('no', 'not asked')),
    plan: () => Promise.resolve(problem('no', 'not asked')),
    write: () => Promise.resolve(problem('no', 'not asked')),
    examine: (ask, step) => {
      asked.push(ask)
      step('1.0 jsonrpc: stream')
      return Promise.resolve(found)
    },
  }
  const ran: Ran = await run(['agent', 'doctor', 'research', ...args], { registry, ...fakes })
  return { ...ran, asked }
}

test('a table says what was seen, a line below what to do about it, the last one how it stands', async () => {
  const { code, stdout, stderr } = await doctor([])
  expect(code).toBe(0)
  expect(stdout.split('\n')).toEqual([
    'CHECK                 RESULT    SEEN',
    'connection            ok        192.0.2.1 after 3 ms',
    'stream (1.0 jsonrpc)  emulated  no\\u202e streams',
    '    Weir asks.  [streams]',
    '',
    'agent:research (a2a): works with emulation',
    '',
  ])
  expect(stderr).toBe('... 1.0 jsonrpc: stream\n')
})

test('a person sees colours, a pipe does not', async () => {
  expect((await doctor([], checkup, { isTTY: true })).stdout).toContain('\u001b[33memulated')
  expect((await doctor([])).stdout).not.toContain('\u001b')
})

test('machines get one object, and 3 for an agent that is broken', async () => {
  const { code, stdout } = await doctor(['--json'], { ...checkup, verdict: 'broken' })
  expect([code, JSON.parse(stdout)]).toEqual([3, { schema: 'weir.agent-doctor/v1', ...checkup, verdict: 'broken' }])
})

test('what is asked follows from the options', async () => {
  const asked = { configPath: 'weir.yaml', agent: 'research', message: 'hello', timeout_ms: null }
  expect((await doctor([])).asked).toEqual([asked])
  expect((await doctor(['--no-send', '--timeout', '1.5'])).asked).toEqual([
    { ...asked, message: null, timeout_ms: 1500 },
  ])
  expect((await doctor(['--message', 'ping'])).asked).toEqual([{ ...asked, message: 'ping' }])
  for (const timeout of ['0', 'soon', '99999']) expect((await doctor(['--timeout', timeout])).code).toBe(2)
})

test('an agent that is not there is not found', async () => {
  const { code, stderr } = await doctor([], problem('not_found', 'research is not an agent in weir.yaml.'))
  expect([code, stderr]).toEqual([5, expect.stringContaining('not an agent') as string])
})
