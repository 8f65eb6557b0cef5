import { ClientFactory, JsonRpcTransportFactory, RestTransportFactory } from '@a2a-js/sdk/client'
import { AgentCard } from '@a2a-js/sdk'
import {
  ClientFactory as ClientFactory03,
  JsonRpcTransportFactory as JsonRpc03,
  RestTransportFactory as Rest03,
} from 'a2a-sdk-03/client'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/base/json.ts'
import {
  type Card,
  type CardSubject,
  describeAgent,
  describeStub,
  isFresh,
  writeCard,
} from '../../../../src/protocol/a2a/card.ts'

const capabilities = { streaming: true, pushNotifications: true, extendedAgentCard: true }
const subject = { slug: 'research', name: 'Research', description: 'Finds things.', capabilities } as const
const madeAt = Date.UTC(2026, 10, 28, 11, 0, 0, 900)
const cardOf = (of: CardSubject, url: string): Card => writeCard(describeAgent(of, url), madeAt, false)
const url = 'http://gateway.example:8080/a2a/research/'

test('one card serves both generations of clients, at one address for every binding and revision', () => {
  const { body } = cardOf(subject, 'http://gateway.example:8080')
  expect(JSON.parse(body)).toMatchObject({
    name: 'Research',
    version: '1.0.0',
    url,
    preferredTransport: 'JSONRPC',
    protocolVersion: '0.3.0',
    additionalInterfaces: [
      { url, transport: 'JSONRPC' },
      { url, transport: 'HTTP+JSON' },
    ],
    supportedInterfaces: [
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      { url, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
      { url, protocolBinding: 'HTTP+JSON', protocolVersion: '0.3' },
    ],
    capabilities,
    supportsAuthenticatedExtendedCard: true,
    securitySchemes: { weir: { type: 'http', scheme: 'Bearer', httpAuthSecurityScheme: { scheme: 'Bearer' } } },
    security: [{ weir: [] }],
    securityRequirements: [{ schemes: { weir: { list: [] } } }],
    skills: [{ id: 'research' }],
  })
})

test('what the agent says of itself is shown, and nothing that SDKs would drop before they check a signature', () => {
  const skills = [{ id: 's', name: 'Search', description: '', tags: [], examples: [], inputModes: ['text/plain'] }]
  const provenance = { upstreamDigest: 'ab', upstreamKid: 'k1', verifiedAt: '2026-11-28T11:00:00.000Z' }
  const said = { version: '2.1', inputModes: ['image/png'], outputModes: [], skills, provenance }
  const card = describeAgent({ ...subject, ...said }, 'http://g')
  expect(card).toMatchObject({
    version: '2.1',
    defaultInputModes: ['image/png'],
    defaultOutputModes: ['text/plain'],
    capabilities: { extensions: [{ params: provenance }] },
  })
  expect(card['skills']).toEqual([
    { id: 's', name: 'Search', description: 'Search', tags: ['agent'], inputModes: ['text/plain'] },
  ])
  const { security: _legacy, securityRequirements: _modern, ...rest } = card
  expect(JSON.stringify(rest)).not.toMatch(/:(?:""|\[\]|\{\}|null)/)
})

test('a stub says how to call the agent and not what for', () => {
  const secret = { ...subject, name: 'Hush', description: 'Knows all salaries.' }
  const text = JSON.stringify(describeStub(secret, 'http://g'))
  expect(text).not.toMatch(/Hush|salaries/)
  expect(JSON.parse(text)).toMatchObject({
    name: 'research',
    url: 'http://g/a2a/research/',
    skills: [{ id: 'research' }],
  })
})

test('the tag is strong and follows the text', () => {
  const one = cardOf(subject, 'http://g')
  expect(one.etag).toMatch(/^"[\w-]{43}"$/)
  expect(cardOf(subject, 'http://g/').etag).toBe(one.etag)
  expect(cardOf({ ...subject, description: 'Other.' }, 'http://g').etag).not.toBe(one.etag)
  expect(one.headers).toContainEqual(['etag', one.etag])
  expect(one.headers).toContainEqual(['last-modified', 'Sat, 28 Nov 2026 11:00:00 GMT'])
})

test('a card that is for those who may call is in no shared cache', () => {
  const cacheOf = (isPublic: boolean) =>
    writeCard(describeAgent(subject, 'http://g'), 0, isPublic).headers.find(([name]) => name === 'cache-control')?.[1]
  expect([cacheOf(false), cacheOf(true)]).toEqual(['private, no-cache', 'public, max-age=60'])
})

test('what a client has is fresh by its tag, and by its time only where it shows no tag', () => {
  const card = cardOf(subject, 'http://g')
  const fresh = (headers: Readonly<Record<string, string>>) => isFresh(card, new Map(Object.entries(headers)))
  const [now, before] = ['Sat, 28 Nov 2026 11:00:00 GMT', 'Sat, 28 Nov 2026 10:59:59 GMT']
  expect(fresh({ 'if-none-match': card.etag })).toBe(true)
  expect(fresh({ 'if-none-match': `"other", W/${card.etag}` })).toBe(true)
  expect(fresh({ 'if-none-match': '"other"', 'if-modified-since': now })).toBe(false)
  expect(fresh({ 'if-modified-since': now })).toBe(true)
  expect(fresh({ 'if-modified-since': before })).toBe(false)
  expect(fresh({ 'if-modified-since': 'yesterday' })).toBe(false)
  expect(fresh({})).toBe(false)
})

describe('every client finds the way', () => {
  const card = describeAgent(subject, 'http://gateway.example:8080')
  const asked: string[] = []
  const fetchImpl: typeof fetch = async (input) => {
    asked.push(input instanceof Request ? input.url : String(input))
    return await Promise.resolve(new Response('{}', { status: 500 }))
  }
  const message = { kind: 'message' as const, messageId: 'm', role: 'user' as const, parts: [] }
  const rest = { jsonrpc: url, rest10: `${url}message:send`, rest03: `${url}v1/message:send` } as const

  async function askedBy(send: () => Promise<unknown>): Promise<string | undefined> {
    asked.length = 0
    await send().catch(() => null)
    return asked[0]
  }

  test.each([
    ['1.3.0', false, rest.jsonrpc, rest.rest10],
    ['1.3.0 with compatibility', true, rest.jsonrpc, rest.rest10],
  ])('of SDK %s', async (_name, enabled, rpc, http) => {
    const options = { fetchImpl, legacyCompat: { enabled } }
    for (const [transport, expected] of [
      [new JsonRpcTransportFactory(options), rpc],
      [new RestTransportFactory(options), http],
    ] as const) {
      const factory = new ClientFactory({ transports: [transport] })
      const client = await factory.createFromAgentCard(AgentCard.fromJSON(card))
      const params = { message: { messageId: 'm', parts: [] } } as never
      expect(await askedBy(() => client.sendMessage(params))).toBe(expected)
    }
  })

  test.each([
    ['JSON-RPC', new JsonRpc03({ fetchImpl }), rest.jsonrpc],
    ['REST', new Rest03({ fetchImpl }), rest.rest03],
  ])('of SDK 0.3.14 over %s', async (_name, transport, expected) => {
    const factory = new ClientFactory03({ transports: [transport] })
    const client = await factory.createFromAgentCard(card as never)
    expect(await askedBy(() => client.sendMessage({ message }))).toBe(expected)
  })

  test('that takes the first of a binding, as Python does, or the last one of 1.0, as JavaScript does', () => {
    const all = card['supportedInterfaces'] as readonly JsonObject[]
    for (const binding of ['JSONRPC', 'HTTP+JSON']) {
      const own = all.filter((each) => each['protocolBinding'] === binding)
      const last = own.findLast((each) => each['protocolVersion'] === '1.0')
      expect(own[0]).toEqual(last)
    }
  })
})
