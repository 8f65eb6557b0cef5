/** The operator's side of a real process: who may ask it, what it says of its health, and how it starts and stops. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { say } from '../support/caller.ts'
import { longWork, openStream } from '../support/open-stream.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { serveOnce } from '../support/weir-once.ts'
import { apiKey, startWeir, type Weir, type WeirConfig, writeConfig } from '../support/weir.ts'

const work = longWork(() => completedTask('done'))
let agent: ScriptedAgent
let weir: Weir
let token = ''

beforeAll(async () => {
  agent = await startScriptedAgent(work.script)
  weir = await startWeir(config())
  token = readFileSync(join(weir.directory, 'state', 'admin.token'), 'utf8').trim()
  await say(weir, { from: 'console', to: 'orchestrator' })
  await say(weir, { from: 'console', to: 'nobody' })
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
})

function config(gateway: Readonly<Record<string, unknown>> = {}): WeirConfig {
  return {
    gateway,
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: agent.url } },
  }
}

interface Asked {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** A request whose every header is the test's. */
function ask(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const asking = request(`${weir.admin}${path}`, { method, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const type = String(answer.headers['content-type'])
        resolve({ status: answer.statusCode ?? 0, type, body: Buffer.concat(chunks).toString() })
      })
    })
    asking.on('error', reject)
    asking.end()
  })
}

const operator = (): Record<string, string> => ({ authorization: `Bearer ${token}` })

test('runs are for whoever holds the token, and the token is readable by its owner only', async () => {
  expect(statSync(join(weir.directory, 'state', 'admin.token')).mode & 0o777).toBe(0o600)
  expect(token).toMatch(/^[0-9a-f]{64}$/)
  expect((await ask('/api/v1/runs', operator())).status).toBe(200)
  for (const authorization of ['', 'Bearer ', `Bearer ${token.slice(1)}`, `Basic ${token}`, token]) {
    for (const [path, method] of [
      ['/api/v1/runs', 'GET'],
      ['/api/v1/runs/run_0', 'GET'],
      ['/api/v1/runs/run_0/halt', 'POST'],
    ] as const) {
      const asked = await ask(path, authorization === '' ? {} : { authorization }, method)
      expect([asked.status, asked.type]).toEqual([401, 'application/problem+json'])
      expect(JSON.parse(asked.body)).toMatchObject({ status: 401, code: 'unauthenticated' })
    }
  }
})

test('a page in a browser is refused by its Origin, and a rebound name by its Host, on open routes too', async () => {
  const strangers = [
    { origin: 'http://127.0.0.1:8081' },
    { origin: 'null' },
    { host: 'weir.attacker.example' },
    { host: '127.0.0.1.example:80' },
  ]
  for (const stranger of strangers) {
    for (const path of ['/api/v1/runs', '/livez', '/metrics']) {
      const asked = await ask(path, { ...operator(), ...stranger })
      expect([asked.status, asked.type]).toEqual([403, 'application/problem+json'])
    }
  }
  for (const host of ['localhost', '[::1]:8081', '127.0.0.1']) expect((await ask('/livez', { host })).status).toBe(200)
})

test('what does not exist is a problem document, whichever listener is asked', async () => {
  const missing = ['/', '/api/v1/runs/', '/api/v1/nothing', '/api/v1/runs/run_0']
  for (const path of missing) {
    const asked = await ask(path, operator())
    expect([path, asked.status, asked.type]).toEqual([path, 404, 'application/problem+json'])
    expect(JSON.parse(asked.body)).toMatchObject({ status: 404, code: 'not_found' })
  }
  const data = await fetch(`${weir.url}/api/v1/runs`, { headers: operator() })
  expect([data.status, data.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
})

test('health is open and says ready', async () => {
  expect(JSON.parse((await ask('/livez')).body)).toEqual({ status: 'ok' })
  const ready = await ask('/readyz')
  expect(ready.status).toBe(200)
  expect(JSON.parse(ready.body)).toMatchObject({ status: 'ready', checks: { ledger: true, accepting: true } })
})

/** The text exposition format 0.0.4: a comment, or a name, labels, and one number. */
const sampleForm = /^([a-z_]+)(?:\{(?:[a-z_]+="[^"\\\n]*",?)*\})? (-?\d+(?:\.\d+)?(?:e[+-]\d+)?|\+Inf|NaN)$/

test('every line of the metrics page parses, belongs to a declared family, and counts what happened', async () => {
  const { type, body } = await ask('/metrics')
  expect(type).toContain('text/plain; version=0.0.4')
  const lines = body.trimEnd().split('\n')
  const families = new Set(lines.flatMap((line) => /^# TYPE (\S+) (?:counter|gauge|histogram)$/.exec(line)?.[1] ?? []))
  const samples = lines.filter((line) => !line.startsWith('#'))
  for (const sample of samples) {
    const name = sampleForm.exec(sample)?.[1] ?? `not a sample: ${sample}`
    expect(families.has(name) || families.has(name.replace(/_(?:bucket|sum|count)$/, '')), sample).toBe(true)
  }
  expect(new Set(samples.map((sample) => sample.split(' ')[0])).size).toBe(samples.length)
  expect(samples).toContain('weir_requests_total{plane="a2a",agent="console",outcome="answered"} 1')
  expect(samples).toContain('weir_denials_total{code="not_found"} 1')
  expect(samples).toContain('weir_runs_active 1')
})

test('a second gateway on the same state is refused by a sentence that names the first', async () => {
  const { code, stderr } = await serveOnce(join(weir.directory, 'weir.yaml'))
  expect(code).toBe(70)
  expect(stderr).toContain(`is in use by the running process ${weir.pid}`)
  expect((await ask('/readyz')).status).toBe(200)
  expect((await ask('/api/v1/runs', operator())).status).toBe(200)
})

test('a port that is taken is a sentence about the port, for either listener and either engine', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
  for (const [which, url] of [
    ['listen', weir.url],
    ['admin_listen', weir.admin],
  ] as const) {
    for (const engine of ['uws', 'node']) {
      const { host, port } = new URL(url)
      const { code, stderr } = await serveOnce(writeConfig(config({ [which]: host, engine }), directory))
      expect([code, stderr]).toEqual([
        70,
        `port ${port} on 127.0.0.1 cannot be listened on: another process listens on it already\n`,
      ])
    }
  }
  rmSync(directory, { recursive: true })
})

test('a configuration with mistakes ends with 78 and names every place', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
  const path = join(directory, 'weir.yaml')
  writeFileSync(path, `policy: { dir: ${directory} }\nlimits:\n  run: { depth_max: deep }\nagnets: {}\n`)
  const { code, stderr } = await serveOnce(path)
  expect(code).toBe(78)
  expect(stderr).toMatch(/weir\.yaml:3:\d+/)
  expect(stderr).toMatch(/weir\.yaml:4:1.*agnets/)
  expect(stderr).toContain('agents')
  rmSync(directory, { recursive: true })
})

test('policies with a mistake end with 78 and name their file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
  const schema = 'schema.cedarschema'
  copyFileSync(join(import.meta.dirname, '../../config/policy', schema), join(directory, schema))
  writeFileSync(join(directory, 'broken.cedar'), 'permit(principal, action resource);')
  const { code, stderr } = await serveOnce(writeConfig({ ...config(), policy: { dir: directory } }, directory))
  expect([code, stderr]).toEqual([78, expect.stringContaining('broken.cedar') as string])
  rmSync(directory, { recursive: true })
})

test.each(['uws', 'node'])(
  'on %s a stop lets an open call finish, takes no new one, and ends with 0',
  async (engine) => {
    const stopping = await startWeir(config({ engine }))
    const stream = await openStream(stopping, 'console', 'orchestrator')
    const stopped = stopping.stop()
    await expect.poll(async () => (await fetch(`${stopping.admin}/readyz`)).status).toBe(503)
    await expect(say(stopping, { from: 'console', to: 'orchestrator' })).rejects.toThrow('fetch failed')
    expect(stream.events()).toHaveLength(1)
    work.finish()
    expect(JSON.stringify((await stream.ended).at(-1))).toContain('TASK_STATE_COMPLETED')
    expect(await stopped).toBe(0)
  },
)
