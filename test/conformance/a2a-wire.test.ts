/** What the SDKs hide: which version a request is read in, ids as they were written, and bytes that pass as they came. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataOf, type Dialect, posting, resultBytes, wordings } from '../support/matrix-wire.ts'
import { type MatrixWorld, startMatrixWorld } from '../support/matrix-world.ts'
import { type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'

let world: MatrixWorld
let vendor: ScriptedAgent

/** An agent of both versions whose answers have members of a later 1.x and of its vendor. */
const strange10 = { generation: 7, 'x-vendor': { kept: [1.0, null] } }
const strange03 = { 'x-vendor': { kept: [1, null] } }

beforeAll(async () => {
  vendor = await startScriptedAgent(({ method }) =>
    method === 'SendMessage'
      ? { task: { id: crypto.randomUUID(), contextId: 'c1', status: { state: 'TASK_STATE_COMPLETED' }, ...strange10 } }
      : { kind: 'task', id: crypto.randomUUID(), contextId: 'c1', status: { state: 'completed' }, ...strange03 },
  )
  world = await startMatrixWorld({ vendor: { url: vendor.url, versions: ['1.0', '0.3'] } })
})

afterAll(async () => {
  await world.stop()
  await vendor.stop()
})

interface Asking {
  readonly path?: string
  readonly body: string
  /** The A2A-Version header; none where null. */
  readonly version: string | null
  readonly base?: string
}

async function ask(slug: string, { path = '', body, version, base = world.base(slug) }: Asking) {
  const headers = { 'content-type': 'application/json', ...(version === null ? {} : { 'a2a-version': version }) }
  const answer = await world.fetch(base + path, { method: 'POST', headers, body })
  return { status: answer.status, text: await answer.text() }
}

const dialects = Object.keys(wordings) as Dialect[]
const versions = [null, '0.3', '0.3.0', '1.0', '1.0.1', '2.0', 'garbage'] as const
const spoken: Readonly<Record<string, '1.0' | '0.3'>> = { '0.3': '0.3', '0.3.0': '0.3', '1.0': '1.0', '1.0.1': '1.0' }

/** Version 1.0 wraps a task in its name, version 0.3 says `kind` over JSON-RPC and answers 201 over HTTP+JSON. */
function readIn(dialect: Dialect, { status, text }: { readonly status: number; readonly text: string }): string {
  const body = JSON.parse(text) as Readonly<Record<string, unknown>>
  const error = body['error'] as { readonly code: number; readonly details?: { reason: string }[] } | undefined
  if (error?.details) return `refused ${error.details[0]?.reason}`
  if (error ?? body['code'] !== undefined) return `refused ${error?.code ?? String(body['code'])}`
  if (!dialect.includes('JSON-RPC')) return status === 201 ? '0.3' : '1.0'
  return 'kind' in (body['result'] as object) ? '0.3' : '1.0'
}

/**
 * Words of one version under the header of another are a method or a path that the version does not have; and `v1` in front
 * of a path is the name of a tenant in 1.0 (`/{tenant}/message:send`), which nobody advertised.
 */
function expectedOf(dialect: Dialect, version: string | null): RegExp {
  const grammar = wordings[dialect].version
  const wanted = version === null ? grammar : spoken[version]
  if (wanted === undefined) return /^refused (-32009|VERSION_NOT_SUPPORTED)$/
  if (dialect === '0.3 HTTP+JSON' && wanted === '1.0') return /^refused INVALID_PARAMS$/
  return wanted === grammar ? new RegExp(`^${grammar}$`) : /^refused (-32601|METHOD_NOT_FOUND)$/
}

describe('the version a request is read in', () => {
  test.each(dialects.flatMap((dialect) => versions.map((version) => ({ dialect, version }))))(
    'in the words of $dialect under A2A-Version $version',
    async ({ dialect, version }) => {
      const { path, body } = posting(dialect, { operation: 'send', text: 'work' })
      const answer = await ask('rpc10', { path, body, version })
      expect(readIn(dialect, answer)).toMatch(expectedOf(dialect, version))
      if (version === '2.0') expect(answer.text).toContain('1.0, 0.3')
      const asQuery = version === null ? '' : `?A2A-Version=${version}`
      const again = await ask('rpc10', { path: path + asQuery, body, version: null })
      expect(readIn(dialect, again)).toMatch(expectedOf(dialect, version))
    },
  )
})

describe('the id of a request', () => {
  const ids = ['7', '"seven"', '""', '9007199254740993', '1.50', '-0', '1e3']
  const rpc = dialects.filter((dialect) => wordings[dialect].rest === null)

  test.each(rpc.flatMap((dialect) => ids.map((id) => ({ dialect, id }))))(
    '$id of $dialect comes back as it was written, in answers, events and errors',
    async ({ dialect, id }) => {
      const { version } = wordings[dialect]
      for (const slug of ['rpc10', 'rest10', 'rpc03', 'rest03']) {
        const sent = posting(dialect, { operation: 'send', text: 'work', id })
        expect((await ask(slug, { ...sent, version })).text).toContain(`"id":${id},"result":`)
        const streamed = posting(dialect, { operation: 'stream', text: 'work', id })
        const events = dataOf((await ask(slug, { ...streamed, version })).text)
        expect(events.length).toBeGreaterThan(2)
        for (const event of events) expect(event).toContain(`"id":${id},"result":`)
        const wrong = posting(dialect, { operation: 'send', text: 'work', id, more: { taskId: 'nobody-has-it' } })
        expect((await ask(slug, { ...wrong, version })).text).toContain(`"id":${id},"error":`)
      }
    },
  )

  test.each(rpc)('of %s may not be null or missing, and a batch is none', async (dialect) => {
    const { version } = wordings[dialect]
    const { body } = posting(dialect, { operation: 'send', text: 'work', id: 'null' })
    for (const bad of [body, body.replace('"id":null,', ''), `[${body.replace('null', '1')}]`])
      expect((await ask('rpc10', { body: bad, version })).text).toContain('-32600')
  })
})

test.each(dialects)('%s is answered at the base with its last slash and without', async (dialect) => {
  const { path, body, version } = posting(dialect, { operation: 'send', text: 'work' })
  const bare = world.base('rpc10').slice(0, -1)
  const at = path === '' ? { base: bare } : { base: `${bare}/` }
  expect(readIn(dialect, await ask('rpc10', { ...at, path, body, version }))).toBe(version)
})

const sameSlug: Readonly<Record<Dialect, string>> = {
  '1.0 JSON-RPC': 'rpc10',
  '1.0 HTTP+JSON': 'rest10',
  '0.3 JSON-RPC': 'rpc03',
  '0.3 HTTP+JSON': 'rest03',
}
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('between a caller and an agent of the same dialect', () => {
  test.each(dialects)('%s: the result is what the agent sent, byte for byte', async (dialect) => {
    const slug = sameSlug[dialect]
    for (const text of ['say hello', 'work', 'fail', 'ask']) {
      const answer = await ask(slug, posting(dialect, { operation: 'send', text }))
      const upstream = world.agent(slug).tapped.at(-1)?.answered().toString() ?? ''
      expect(sha256(resultBytes(answer.text))).toBe(sha256(resultBytes(upstream)))
    }
  })

  test.each(dialects)('%s: events are what the agent sent, byte for byte and in its order', async (dialect) => {
    const slug = sameSlug[dialect]
    for (const text of ['say hello', 'work', 'fail', 'ask']) {
      const answer = await ask(slug, posting(dialect, { operation: 'stream', text }))
      const upstream = dataOf(world.agent(slug).tapped.at(-1)?.answered().toString() ?? '')
      expect(upstream.length).toBeGreaterThan(0)
      expect(dataOf(answer.text).map(sha256)).toEqual(upstream.map(sha256))
    }
  })
})

describe('members that nobody knows', () => {
  const within = dialects.filter((dialect) => dialect !== '0.3 HTTP+JSON')

  test.each(within)('survive there and back between two of the version of %s', async (dialect) => {
    const more = { 'x-mine': { deep: [1, 'two'] } }
    const answer = await ask('vendor', posting(dialect, { operation: 'send', text: 'hi', more }))
    expect(answer.text).toContain('"x-vendor":{"kept":[1,null]}')
    if (wordings[dialect].version === '1.0') expect(answer.text).toContain('"generation":7')
    expect(vendor.asked.at(-1)?.raw).toContain('"x-mine":{"deep":[1,"two"]}')
  })
})
