/** `weir exec` with a real gateway: what a command calls through its environment is one run of the agent and the person. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallRecord, LedgerEntry } from '../../src/domain/record.ts'
import { type Around, command, type CommandEnded, main, weirCommand } from '../support/command-line.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { policyOpen } from '../support/loop.ts'
import { type McpFixture, serveMcpFixture } from '../support/mcp-server.ts'
import { filesServer } from '../support/mcp-weir.ts'
import { type RecordingProvider, startRecordingProvider } from '../support/recording-provider.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let weir: Weir
let agent: ScriptedAgent
let tools: McpFixture
let provider: RecordingProvider

beforeAll(async () => {
  agent = await startScriptedAgent(() => completedTask('done'))
  tools = await serveMcpFixture(filesServer)
  provider = await startRecordingProvider()
  const price = { input: 2, output: 10 }
  weir = await startWeir({
    identity: { api_keys: [apiKey('coder', 'ana')], tokens: { call_ttl_s: 10 } },
    agents: { coder: { may_start_runs: true }, quiet: {}, worker: { url: agent.url } },
    tools: { servers: { files: { url: tools.url, effect: 'write' } } },
    models: {
      providers: {
        fake: { api: 'fake', models: { echo: { price } } },
        mine: { api: 'openai', url: provider.v1, models: { big: { price } } },
      },
    },
    policy: { dir: policyOpen },
  })
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
  await tools[Symbol.asyncDispose]()
  await provider.stop()
})

function flags(...more: readonly string[]): string[] {
  const config = join(weir.directory, 'weir.yaml')
  return ['exec', '--config', config, '--gateway', weir.url, '--agent', 'coder', '--for', 'ana', ...more]
}

const node = (script: string): string[] => ['--', process.execPath, '--input-type=module', '-e', prelude + script]

/** What the scripts of these tests share. */
const prelude = `
const { WEIR_GATEWAY_URL: url, WEIR_TOKEN: secret } = process.env
const headers = { authorization: 'Bearer ' + secret, 'content-type': 'application/json' }
const post = (path, body, more = {}) =>
  fetch(url + path, { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(body) })
const chat = (more = {}) =>
  post('/v1/chat/completions', { model: 'fake/echo', messages: [{ role: 'user', content: 'one two three' }], ...more })
const show = (value) => console.log(JSON.stringify(value))
`

function exec(script: string, around?: Around, ...more: readonly string[]) {
  return weirCommand([...flags(...more), ...node(script)], around)
}

const runOf = ({ stderr }: CommandEnded): string => /run_[0-9a-f]+/.exec(stderr)?.[0] ?? ''

async function entriesOf(run: string): Promise<readonly LedgerEntry[]> {
  return (await ledgerOf(weir)).filter((entry) => 'run' in entry && entry.run === run)
}

async function callsOf(run: string): Promise<readonly CallRecord[]> {
  return (await entriesOf(run)).filter((entry) => entry.kind === 'call')
}

const everything = `
import OpenAI from 'openai'
const openai = new OpenAI()
const messages = [{ role: 'user', content: 'one two three' }]
await openai.chat.completions.create({ model: 'fake/echo', messages })
let text = ''
for await (const part of await openai.chat.completions.create({ model: 'fake/echo', messages, stream: true }))
  text += part.choices[0]?.delta?.content ?? ''
const anthropic = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', {
  method: 'POST',
  headers: { ...headers, 'anthropic-version': '2023-06-01' },
  body: JSON.stringify({ model: 'fake/echo', max_tokens: 20, messages }),
})
const accept = { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' }
const started = await post('/mcp', { jsonrpc: '2.0', id: 1, method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } } }, accept)
const session = { ...accept, 'mcp-session-id': started.headers.get('mcp-session-id') }
await post('/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' }, session)
const listed = await (await post('/mcp', { jsonrpc: '2.0', id: 2, method: 'tools/list' }, session)).text()
const name = /"name":"([^"]*read)"/.exec(listed)?.[1]
const called = await post('/mcp', { jsonrpc: '2.0', id: 3, method: 'tools/call',
  params: { name, arguments: { path: 'x' } } }, session)
const card = await (await fetch(url + '/a2a/worker/.well-known/agent-card.json', { headers })).json()
const place = card.supportedInterfaces[0].url
const message = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'hello' }] }
const said = await fetch(place, { method: 'POST', headers: { ...headers, 'a2a-version': '1.0' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } }) })
show({ text, anthropic: anthropic.status, tool: await called.text(), place, signed: 'signatures' in card, a2a: await said.json() })
process.exitCode = 7
`

test('models, tools and agents are called in one run; its end and its cost are those of the ledger', async () => {
  const ended = await exec(everything, {}, '--reason', 'nightly').ended
  expect(ended).toMatchObject({ code: 7 })
  const seen = JSON.parse(ended.stdout) as Record<string, unknown>
  expect(seen).toMatchObject({ text: 'one two three', anthropic: 200, signed: false, a2a: { result: { task: {} } } })
  expect(seen['tool']).toContain('content of x')
  expect(seen['place']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/a2a\/worker/)
  const run = runOf(ended)
  const all = await ledgerOf(weir)
  const calls = all.filter((entry) => entry.kind === 'call')
  const targets = calls.filter(({ outcome }) => outcome !== null).map(({ target }) => target)
  expect(targets.filter((target) => target === 'model:fake/echo')).toHaveLength(3)
  expect(targets).toContain('agent:worker')
  expect(targets).toContain('tool:files/read')
  const inRun = calls.filter((call) => call.run !== null)
  expect(new Set(inRun.map((call) => call.run))).toEqual(new Set([run]))
  expect(new Set(inRun.map((call) => `${call.agent} ${call.human} ${call.run_origin}`))).toEqual(
    new Set(['agent:coder user:ana header']),
  )
  const spent = inRun.reduce((sum, { outcome }) => sum + (outcome?.spent.cost_micros ?? 0), 0)
  expect(spent).toBe(3 * 36)
  expect(ended.stderr).toContain(`${run}: ended; `)
  expect(ended.stderr).toContain('$0.000108')
  const states = all.filter((entry) => entry.kind === 'run' && entry.run === run)
  expect(states).toMatchObject([
    { event: 'opened', root: 'agent:coder', human: 'user:ana', code: 'operator', reason: 'nightly', actor: 'operator' },
    { event: 'ended', code: 'operator', reason: 'the command ended with 7', actor: 'operator' },
  ])
})

test('what the command can see holds no credential of the gateway, and its secret is worth nothing there', async () => {
  const script = `
    import { readFileSync } from 'node:fs'
    const read = (of, what) => readFileSync('/proc/' + of + '/' + what, 'utf8')
    const answer = await chat()
    const gateway = await fetch('${weir.url}/v1/models', { headers: { authorization: headers.authorization } })
    show([gateway.status, answer.status])
    show([process.argv, process.env, [...answer.headers], await answer.text()])
    for (const of of ['self', process.ppid]) show([read(of, 'environ'), read(of, 'cmdline')])
  `
  const given = { WEIR_ADMIN_TOKEN: undefined, ANTHROPIC_API_KEY: 'sk-ant-real', OPENAI_API_KEY: 'sk-real' }
  const ended = await exec(script, { env: given }).ended
  const [first, ...rest] = ended.stdout.split('\n')
  expect(first).toBe('[401,200]')
  const seen = rest.join('\n')
  const admin = readFileSync(join(weir.directory, 'state', 'admin.token'), 'utf8').trim()
  expect(seen).toContain('weir_exec_')
  expect(seen).not.toMatch(/eyJ[\w-]+\.eyJ/)
  expect(seen).not.toContain(admin)
  // That of the person who starts it is not for the command either.
  expect(rest.slice(0, 2).join('')).not.toMatch(/sk-(?:ant-)?real/)
})

test('whoever does not hold the secret gets nothing, and no request leads the credential elsewhere', async () => {
  const script = `
    import { connect } from 'node:net'
    const { port, hostname } = new URL(url)
    const raw = (text) => new Promise((resolve) => {
      let seen = ''
      const socket = connect(port, hostname, () => socket.write(text))
      socket.on('data', (chunk) => { seen += chunk; socket.end() })
      socket.on('close', () => resolve(seen.split('\\r\\n')[0]))
      socket.on('error', () => resolve(seen))
    })
    const show1 = async (shown) => (await fetch(url + '/v1/models', { headers: shown })).status
    const bearer = 'Authorization: Bearer ' + secret + '\\r\\n\\r\\n'
    show([
      await show1({}),
      await show1({ authorization: 'Bearer ${keyOf('coder')}' }),
      await show1({ authorization: 'Bearer ' + secret.slice(0, -1) + '\\u00e9' }),
      await show1({ 'x-api-key': secret, authorization: 'Bearer of-somebody-else' }),
      await raw('GET ${provider.url}/v1/models HTTP/1.1\\r\\nHost: x\\r\\n' + bearer),
      await raw('CONNECT ${new URL(provider.url).host} HTTP/1.1\\r\\nHost: x\\r\\n' + bearer),
      await raw('GET //${new URL(provider.url).host}/v1/models HTTP/1.1\\r\\nHost: ${new URL(provider.url).host}\\r\\n' + bearer),
    ])
  `
  provider.clear()
  const { stdout } = await exec(script).ended
  expect(JSON.parse(stdout)).toEqual([401, 401, 401, 200, 'HTTP/1.1 400 Bad Request', '', 'HTTP/1.1 400 Bad Request'])
  expect(provider.recorded).toEqual([])
})

test('a token that ends while the command works is made anew', async () => {
  const script = `
    const first = await chat()
    await new Promise((resolve) => setTimeout(resolve, 11_000))
    show([first.status, (await chat()).status])
  `
  const ended = await exec(script).ended
  expect(ended.stdout).toBe('[200,200]\n')
  expect(await callsOf(runOf(ended))).toHaveLength(2)
})

test('a gateway that is gone is said to the command, and its run still ends', async () => {
  const script = `
    const answer = await chat()
    show([answer.status, (await answer.json()).error.message])
  `
  const ended = await exec(script, {}, '--gateway', 'http://127.0.0.1:1').ended
  expect(ended).toMatchObject({ code: 0, stdout: '[502,"The gateway does not answer."]\n' })
  expect(ended.stderr).toContain(': ended; 0 calls')
})

test('how the command ended is how exec ends', async () => {
  const [killed, asked] = [
    exec(`process.kill(process.pid, 'SIGKILL')`),
    exec(`process.on('SIGTERM', () => process.exit(3)); show('up'); setInterval(() => {}, 1000)`),
  ]
  expect(await killed.ended).toMatchObject({ code: 137 })
  await asked.said('up')
  asked.child.kill('SIGTERM')
  const ended = await asked.ended
  expect(ended).toMatchObject({ code: 3 })
  expect(ended.stderr).toContain(': ended; ')
})

test('Ctrl-C on a terminal reaches the command once', async () => {
  const script = `
    let seen = 0
    process.on('SIGINT', () => { seen += 1; setTimeout(() => { console.log('seen ' + seen); process.exit(4) }, 500) })
    console.log('up'); setInterval(() => {}, 1000)`
  const words = [process.execPath, main, ...flags(), '--', process.execPath, '-e', script]
  const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  // Without `exec` some shells stay in between, get the Ctrl-C too, and die of it once we have ended: 130, whatever we said.
  const terminal = command('script', ['-qec', `exec ${line}`, '/dev/null'])
  await terminal.said('up')
  terminal.child.stdin?.write('\u0003')
  const ended = await terminal.ended
  expect(ended.stdout).toContain('seen 1')
  expect(ended).toMatchObject({ code: 4 })
})

test('the command reads what is piped in, and stdout is its own', async () => {
  const ended = await weirCommand([...flags(), '--', 'cat'], { input: 'from the pipe\n' }).ended
  expect(ended).toMatchObject({ code: 0, stdout: 'from the pipe\n' })
})

test('what was under way when the command died is aborted, booked, and does not hold the run open', async () => {
  const part = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'big' }
  const event = JSON.stringify({ ...part, choices: [{ index: 0, delta: { content: 'more ' }, finish_reason: null }] })
  const chunks = Array.from({ length: 500 }, () => `data: ${event}\n\n`)
  provider.next({ chunks, pace_ms: 50, headers: { 'content-type': 'text/event-stream' } })
  const script = `
    const answer = await chat({ model: 'mine/big', stream: true })
    await answer.body.getReader().read()
    show('reading')
    await new Promise((resolve) => setTimeout(resolve, 200))
    process.exit(0)
  `
  const ended = await exec(script).ended
  expect(ended.code).toBe(0)
  expect(ended.stderr).toContain(': ended; 1 calls')
  await expect.poll(() => provider.last().answer.end).toBe('left')
})

test('a command within a command has a run of its own', async () => {
  const inner = [process.execPath, main, ...flags(), ...node('show((await chat()).status)')]
  const ended = await weirCommand([...flags(), '--', ...inner]).ended
  expect(ended).toMatchObject({ code: 0, stdout: '200\n' })
  const runs = new Set(ended.stderr.match(/run_[0-9a-f]+(?=: ended)/g))
  expect(runs.size).toBe(2)
})

test('a run that is halted meanwhile is said to be', async () => {
  const going = exec(
    `show('up'); process.stdin.on('data', async () => { show((await chat()).status); process.exit(0) })`,
  )
  await going.said('up')
  const { runs } = await weir.ask<{ runs: { id: string; state: string; root: string }[] }>('/api/v1/runs')
  const run = runs.find(({ state }) => state === 'active')
  await weir.ask(`/api/v1/runs/${run?.id}/halt`, { reason: 'enough' })
  going.child.stdin?.write('go\n')
  const ended = await going.ended
  expect(ended).toMatchObject({ code: 0, stdout: '"up"\n403\n' })
  expect(ended.stderr).toContain('halted: operator, enough')
})
