/** `weir agent` shows before it asks, writes only what was said yes to, and approves the very card it showed. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CardPreview, CliDeps } from '../../../src/cli/deps.ts'
import type { PlannedEntry } from '../../../src/cli/planned-entry.ts'
import { problem } from '../../../src/cli/exit-codes.ts'
import { type Ran, run } from './fake-deps.ts'
import { now } from './sample-run.ts'

const seen: CardPreview = {
  slug: 'finder',
  url: 'https://agent.example/',
  cardUrl: 'https://agent.example/.well-known/agent-card.json',
  name: 'Finder\u001b[2J',
  description: 'Finds things.',
  versions: ['1.0'],
  interfaces: [{ binding: 'JSONRPC', version: '1.0', url: 'https://agent.example/' }],
  foreign: ['http://169.254.169.254'],
  skills: [{ id: 'search', name: 'Search', description: 'Finds pages.' }],
  signature: { state: 'unsigned', kid: null },
  digest: 'd'.repeat(64),
  keys: null,
  allow: null,
}
const planned: PlannedEntry = { configPath: 'weir.yaml', source: 'a', text: 'b', diff: '- a\n+ b' }

let written: PlannedEntry[] = []
let asked: Parameters<CliDeps['registry']['preview']>[0][] = []

const registry: CliDeps['registry'] = {
  preview: (ask) => {
    asked.push(ask)
    return Promise.resolve(ask.cardUrl.includes('bad') ? problem('no', 'the card is no card') : seen)
  },
  plan: () => Promise.resolve(planned),
  write: (plan) => {
    written.push(plan)
    return Promise.resolve({ backup: 'weir.yaml.bak' })
  },
  examine: () => Promise.resolve(problem('not_found', 'no agent here')),
}

beforeEach(() => {
  written = []
  asked = []
})

const add = (args: readonly string[], fakes: Partial<CliDeps> = {}, input = ''): Promise<Ran> =>
  run(['agent', 'add', ...args], { registry, ...fakes }, input)

test('add shows the card and the difference, and writes after a yes', async () => {
  const { code, stdout, stderr } = await add(
    [seen.cardUrl, '--slug', 'finder'],
    { isTTY: true, env: { NO_COLOR: '1' } },
    'y\n',
  )
  expect([code, written]).toEqual([0, [planned]])
  for (const word of ['finder', 'JSONRPC 1.0 https://agent.example/', 'search: Finds pages.', 'unsigned', seen.digest])
    expect(stdout).toContain(word)
  expect(stdout).toContain('http://169.254.169.254, for it is elsewhere')
  expect(stdout).toContain('- a\n+ b')
  expect(stdout).not.toContain('\u001b')
  expect(stderr).toContain('weir.yaml.bak')
  expect(asked).toEqual([
    { configPath: 'weir.yaml', cardUrl: seen.cardUrl, slug: 'finder', url: null, keys: null, allowPrivate: false },
  ])
})

test('add writes nothing without a yes, and says why it cannot', async () => {
  expect(await add([seen.cardUrl], { isTTY: true }, 'n\n')).toMatchObject({ code: 3 })
  expect(await add([seen.cardUrl])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') as string })
  expect(await add(['https://bad.example/'])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('no card') as string,
  })
  expect(written).toEqual([])
})

test('add says it to machines as one object', async () => {
  const { stdout, code } = await add([seen.cardUrl, '--yes', '--json', '--allow-private'])
  expect([code, stdout.trim().split('\n').length]).toEqual([0, 1])
  expect(JSON.parse(stdout)).toMatchObject({ schema: 'weir.agent-added/v1', slug: 'finder', backup: 'weir.yaml.bak' })
  expect(asked[0]?.allowPrivate).toBe(true)
})

const cardView = {
  name: 'Finder',
  version: '1',
  digest: 'a'.repeat(64),
  signature: { state: 'verified', kid: 'k1' },
  interfaces: [{ binding: 'JSONRPC', version: '1.0', url: 'https://agent.example/' }],
  foreign: [],
  skills: [{ id: 'search', description: 'Finds\u202e pages.' }],
  seen_at: now,
}
const summary = {
  id: 'agent:finder',
  state: 'quarantined',
  callable: true,
  versions: ['1.0', '0.3'],
  discovery: 'hidden',
  facet_of: null,
  digest: 'a'.repeat(64),
  quarantined: 'skill search changed',
}
const detail = {
  schema: 'weir.agent/v1',
  ...summary,
  url: 'https://agent.example/',
  description: 'Finds things.',
  owner: null,
  team: 'team:insights',
  skills: null,
  card: {
    url: 'https://agent.example/card.json',
    checked_at: now,
    problem: null,
    changes: ['skill search changed'],
    approvable: true,
    pinned: cardView,
    pending: { ...cardView, digest: 'b'.repeat(64) },
  },
}
const posted: unknown[] = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const path = request.url ?? ''
    if (request.method === 'POST') posted.push([path, JSON.parse(body)])
    const quiet = { ...summary, id: 'agent:console', state: 'ok', callable: false, versions: [], digest: null }
    if (path === '/api/v1/agents') response.end(JSON.stringify({ schema: 'weir.agents/v1', agents: [summary, quiet] }))
    else if (path.endsWith('/calm')) response.end(JSON.stringify({ ...detail, card: null }))
    else if (path.endsWith('/approve')) response.end(JSON.stringify({ ...detail, state: 'ok' }))
    else if (path.endsWith('/finder')) response.end(JSON.stringify(detail))
    else
      response.writeHead(404).end(JSON.stringify({ title: 'No', detail: 'No agent of that name.', code: 'not_found' }))
  })
})
let url = ''

beforeAll(async () => {
  await new Promise<void>((up) => void server.listen(0, '127.0.0.1', up))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const weir = (...args: readonly string[]): Promise<Ran> =>
  run(['agent', ...args], { env: { WEIR_URL: url, WEIR_ADMIN_TOKEN: 'secret' } })

test('ls lists the agents, also where only the noun is typed', async () => {
  const { stdout } = await weir('ls')
  expect(stdout).toMatch(/agent:finder +quarantined +1\.0 0\.3 +hidden +aaaaaaaaaaaa/)
  expect(stdout).toMatch(/agent:console +calls only/)
  expect((await weir()).stdout).toBe(stdout)
  expect(JSON.parse((await weir('ls', '--json')).stdout)).toMatchObject({ schema: 'weir.agents/v1' })
})

test('show tells what is trusted and what waits, and nothing acts in the terminal', async () => {
  const { stdout } = await weir('show', 'finder')
  for (const word of [
    'quarantined: skill search changed',
    'trusted',
    'waits for approval',
    'verified by k1',
    'team:insights',
  ])
    expect(stdout).toContain(word)
  expect(stdout).not.toContain('\u202e')
  expect((await weir('show', 'nobody')).code).toBe(5)
})

test('approve names the digest of the card it showed', async () => {
  expect((await weir('approve', 'finder', '--reason', 'read it')).code).toBe(2)
  const { code, stdout } = await weir('approve', 'finder', '--reason', 'read it', '--yes')
  expect([code, stdout]).toEqual([0, expect.stringContaining('is called again') as string])
  expect(posted).toEqual([['/api/v1/agents/finder/approve', { reason: 'read it', digest: 'b'.repeat(64) }]])
  expect((await weir('approve', 'calm', '--reason', 'x', '--yes')).code).toBe(3)
})
