/** `weir approvals` shows what would be let through before it asks, and changes nothing unasked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ApprovalRow } from '../../../src/cli/admin-api.ts'
import { type Ran, run } from './fake-deps.ts'
import { now } from './sample-run.ts'

let url = ''
let asked: { path: string; body: string }[] = []

const row: ApprovalRow = {
  id: 'apr_1',
  state: 'pending',
  run: 'run_01',
  hop: 'hop_1',
  agent: 'agent:orchestrator',
  person: 'user:tomas',
  target: 'agent:payer',
  method: 'SendMessage',
  args_hash: 'hash',
  params: '{"pay":"\u001b[2J\u202eacme"}',
  params_chars: 5000,
  rule: 'guard.taint-write',
  taint: 'external',
  at: now - 60_000,
  by: null,
  reason: null,
  decided_at: null,
}

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const path = request.url ?? ''
    if (path === '/api/v1/approvals')
      return void response.end(JSON.stringify({ schema: 'weir.approvals/v1', approvals: [row] }))
    asked.push({ path, body })
    const state = path.endsWith('grant') ? 'granted' : 'refused'
    return void response.end(JSON.stringify({ schema: 'weir.approval/v1', ...row, state, by: 'operator' }))
  })
})

beforeAll(async () => {
  await new Promise<void>((up) => void server.listen(0, '127.0.0.1', up))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => void (asked = []))
afterAll(() => void server.close())

function weir(args: readonly string[], input = '', isTTY = false): Promise<Ran> {
  return run(args, { isTTY, env: { WEIR_URL: url, WEIR_ADMIN_TOKEN: 'secret', NO_COLOR: '1' } }, input)
}

test('the list says who wants to call whom, under which taint, and why it waits', async () => {
  const { stdout } = await weir(['approvals', 'ls'])
  expect(stdout).toMatch(
    /^APPROVAL +STATE +AGE .*\napr_1 +pending +1m00s +agent:orchestrator for user:tomas +agent:payer +SendMessage +external +guard\.taint-write +run_01\n$/,
  )
  expect((await weir(['approvals'])).stdout).toBe(stdout)
  expect((await weir(['approvals', 'ls', '--json'])).stdout).toMatch(/^\{"schema":"weir.approvals\/v1"/)
})

test.each([
  ['grant', 'granted'],
  ['refuse', 'refused'],
])('%s carries the reason and says what came of it', async (verb, state) => {
  const { code, stdout } = await weir(['approvals', verb, 'apr_1', '--reason', ' checked ', '--yes'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: `apr_1 was ${state} by operator.\n` })
  expect(asked).toEqual([{ path: `/api/v1/approvals/apr_1/${verb}`, body: '{"reason":"checked"}' }])
})

test('before it asks it shows the arguments, with nothing in them that acts on the terminal, and says what it does not show', async () => {
  const { code, stderr } = await weir(['approvals', 'grant', 'apr_1', '--reason', 'x'], '\n', true)
  expect(code).toBe(3)
  expect(stderr).toContain('asks      {"pay":"\\u001b[2J\\u202eacme"}')
  expect(stderr).toContain(`and ${5000 - row.params.length} more characters that are not shown`)
  expect(stderr).not.toContain('\u001b')
  expect(asked).toEqual([])
})

test.each([
  [['grant', 'apr_1', '--reason', 'x'], 2],
  [['grant', 'apr_1', '--reason', ' ', '--yes'], 2],
  [['grant', 'apr_1', '--yes'], 2],
  [['grant', 'apr_9', '--reason', 'x', '--yes'], 5],
])('%j changes nothing', async (args, code) => {
  expect(await weir(['approvals', ...args])).toMatchObject({ code })
  expect(asked).toEqual([])
})
