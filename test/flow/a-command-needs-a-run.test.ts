/** When `weir exec` does not run a command, and how it says so. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { weirCommand } from '../support/command-line.ts'
import { policyOpen } from '../support/loop.ts'
import { startWeir, type Weir } from '../support/weir.ts'

let weir: Weir

beforeAll(async () => {
  weir = await startWeir({ agents: { coder: { may_start_runs: true }, quiet: {} }, policy: { dir: policyOpen } })
})

afterAll(async () => {
  await weir.stop()
})

const config = (): string => join(weir.directory, 'weir.yaml')
const flags = (): string[] => ['exec', '--config', config(), '--gateway', weir.url, '--agent', 'coder']

test.each([
  ['an agent nobody knows', () => ['--agent', 'nobody'], 5, 'nobody is not an agent'],
  ['one that may start no runs', () => ['--agent', 'quiet'], 6, 'may_start_runs is not set for agent:quiet'],
  ['a person who cannot be one', () => ['--agent', 'coder', '--for', 'a b'], 2, 'cannot be the name of a person'],
  ['a gateway that is no URL', () => ['--agent', 'coder', '--gateway', 'ftp://x'], 2, 'is no http or https URL'],
  ['no agent at all', () => [], 2, '--agent'],
])('%s is a sentence, and nothing is started', async (_, more, code, sentence) => {
  const ended = await weirCommand(['exec', '--config', config(), ...more(), '--', 'echo', 'started']).ended
  expect(ended).toMatchObject({ code, stdout: '' })
  expect(ended.stderr).toContain(sentence)
})

test('a command that is not there, or cannot be run, ends like in a shell, and so does its run', async () => {
  const missing = await weirCommand([...flags(), '--', 'no-such-command-here']).ended
  expect(missing).toMatchObject({ code: 127 })
  expect(missing.stderr).toContain('no-such-command-here is no command that is found here.')
  expect(missing.stderr).toContain(': ended; 0 calls')
  const unfit = await weirCommand([...flags(), '--', weir.directory]).ended
  expect(unfit).toMatchObject({ code: 126 })
})

test('without a gateway that runs there is no command', async () => {
  const env = { WEIR_URL: 'http://127.0.0.1:1', WEIR_ADMIN_TOKEN: 'x' }
  const ended = await weirCommand([...flags(), '--', 'echo', 'started'], { env }).ended
  expect(ended).toMatchObject({ code: 7, stdout: '' })
})
