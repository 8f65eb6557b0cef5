/** `weir connect` with a real gateway, a home of its own, and a client that makes its first call meanwhile. */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Command, weirCommand } from '../support/command-line.ts'
import { policyWith } from '../support/policy-with.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let weir: Weir
let home: string
const homes: string[] = []

/** `mute` may start runs and see no model at all. */
const policy = `
@id("start") permit(principal, action == Weir::Action::"startRun", resource);
@id("models") permit(principal == Weir::Agent::"coder", action == Weir::Action::"useModel", resource);
`

beforeAll(async () => {
  weir = await startWeir({
    identity: { api_keys: [apiKey('coder', 'ana'), apiKey('mute')] },
    agents: { coder: { may_start_runs: true }, mute: { may_start_runs: true } },
    models: { providers: { fake: { api: 'fake', models: { echo: { price: { input: 2, output: 10 } } } } } },
    policy: { dir: policyWith(policy) },
  })
})

afterAll(async () => {
  await weir.stop()
  for (const one of homes) rmSync(one, { recursive: true })
})

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weir-home-'))
  homes.push(home)
})

function connect(client: string, ...more: readonly string[]): Command {
  const args = ['connect', client, '--config', join(weir.directory, 'weir.yaml'), '--dir', home, ...more]
  return weirCommand(args, { env: { HOME: home }, input: '' })
}

const waiting = (agent = 'coder'): string[] => ['--write', '--agent', agent, '--wait', '20']

function chat(headers: Readonly<Record<string, string>> = {}, key = keyOf('coder')): Promise<Response> {
  return fetch(`${weir.url}/v1/messages`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      ...headers,
    },
    body: JSON.stringify({ model: 'fake/echo', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }),
  })
}

const file = (path: string): string => readFileSync(join(home, path), 'utf8')

test.each([
  ['new', { 'x-claude-code-session-id': 'fresh' }],
  ['vendor', { 'x-claude-code-session-id': 'known' }],
  ['trace', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }],
])('a first call of Claude Code says who it is, and that its run was found by %s', async (origin, headers) => {
  if (origin !== 'new') await chat(headers)
  const connecting = connect('claude-code', ...waiting())
  await connecting.said('Waiting up to 20 s')
  const answer = await chat(headers)
  const { code, stdout } = await connecting.ended
  expect(code).toBe(0)
  expect(stdout).toContain('agent:coder for user:ana by api_key → model:fake/echo: let through')
  expect(stdout).toContain(`run ${answer.headers.get('weir-run-id')}, found by ${origin}; weir hop hop_`)
  expect(JSON.parse(file('.mcp.json'))).toMatchObject({
    mcpServers: {
      weir: { url: '${WEIR_MCP_URL:-http://weir.test/mcp}', headers: { Authorization: `Bearer $\{WEIR_TOKEN}` } },
    },
  })
  expect(JSON.parse(file('.claude/settings.local.json'))).toMatchObject({
    env: { CLAUDE_CODE_PROPAGATE_TRACEPARENT: '1', CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1' },
  })
})

test('a run that the client names is found by its header', async () => {
  const { id } = await weir.ask<{ id: string }>('/api/v1/runs', { agent: 'coder', person: 'ana', reason: 'test' })
  const connecting = connect('openai-sdk', ...waiting())
  await connecting.said('Waiting')
  await chat({ 'weir-run-id': id })
  expect((await connecting.ended).stdout).toContain(`run ${id}, found by header`)
})

test('where a policy hides the models a client is connected all the same, and told what was refused', async () => {
  const connecting = connect('anthropic-sdk', ...waiting('mute'))
  await connecting.said('Waiting')
  expect((await chat({}, keyOf('mute'))).status).toBe(404)
  const { code, stdout } = await connecting.ended
  expect(code).toBe(0)
  expect(stdout).toMatch(/agent:mute by api_key → \S+: refused: policy_denied, .*\nin no run; /)
})

test('a caller nobody knows is told of in the end, the wait for the agent goes on before', async () => {
  const connecting = connect('codex', '--write', '--agent', 'coder', '--wait', '2')
  await connecting.said('Waiting')
  await chat({}, 'wk_wrong')
  const { code, stdout } = await connecting.ended
  expect(code).toBe(4)
  expect(stdout).toContain('nobody is known to make it')
})

test('JSON is one object, with the call in it', async () => {
  const connecting = connect('claude-code', ...waiting(), '--json')
  await connecting.said('Waiting')
  await chat()
  const { code, stdout } = await connecting.ended
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'weir.connect/v1',
    client: 'claude-code',
    url: 'http://weir.test',
    files: [{ path: join(home, '.claude/settings.local.json') }, { path: join(home, '.mcp.json') }],
    call: { agent: 'agent:coder', person: 'user:ana', target: 'model:fake/echo', origin: 'new', code: null },
  })
})

test('without a call in time it ends with 8, and an agent nobody has with 5', async () => {
  expect(await connect('codex', '--write', '--agent', 'coder', '--wait', '1').ended).toMatchObject({ code: 8 })
  const json = await connect('codex', '--write', '--agent', 'coder', '--wait', '1', '--json').ended
  expect([json.code, JSON.parse(json.stdout)]).toMatchObject([8, { call: null }])
  expect(await connect('codex', '--write', '--agent', 'nobody', '--wait', '1').ended).toMatchObject({ code: 5 })
})

test('--print writes nothing, and without anybody to ask neither does the command alone', async () => {
  const printed = await connect('claude-code', '--print').ended
  expect(printed).toMatchObject({ code: 0 })
  expect(printed.stdout).toContain(
    'export ANTHROPIC_BASE_URL=http://weir.test\nexport ANTHROPIC_AUTH_TOKEN=$WEIR_TOKEN',
  )
  const alone = await connect('claude-code').ended
  expect(alone).toMatchObject({ code: 2 })
  expect(alone.stderr).toContain('add --write')
  expect(readdirSync(home)).toEqual([])
})

test('what was there is kept: its members, its mode, the link to it, and the first copy of it', async () => {
  const config = join(weir.directory, 'weir.yaml')
  const real = join(home, 'dotfiles.toml')
  writeFileSync(real, 'model = "gpt-5.5"\n\n[projects."/x"]\ntrust_level = "trusted"\n', { mode: 0o640 })
  mkdirSync(join(home, '.codex'))
  symlinkSync(real, join(home, '.codex/config.toml'))
  const first = await connect('codex', '--write').ended
  expect(first).toMatchObject({ code: 0 })
  expect(first.stderr).toContain(`the file as it was is ${real}.before-weir.`)
  expect(lstatSync(join(home, '.codex/config.toml')).isSymbolicLink()).toBe(true)
  expect(statSync(real).mode & 0o777).toBe(0o640)
  expect(file('dotfiles.toml')).toMatch(
    /^model = "gpt-5\.5"\n\n\[projects\."\/x"\]\ntrust_level = "trusted"\n\n# weir connect: begin\n/,
  )
  const again = await connect('codex', '--write').ended
  expect(again.stdout).toContain('is as it should be')
  writeFileSync(real, file('dotfiles.toml').replaceAll('http://weir.test', 'http://old.test'))
  await connect('codex', '--write').ended
  expect(file('dotfiles.toml.before-weir')).not.toContain('weir')
  expect(file('dotfiles.toml.before-weir-2')).toContain('http://old.test')
  expect(readFileSync(config, 'utf8')).toContain('weir.test')
})
