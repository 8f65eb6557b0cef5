import { describe, expect, test } from 'vitest'
import { describeAgent } from '../../../../src/protocol/a2a/card.ts'
import {
  type CardProblem,
  isCardProblem,
  readUpstreamCard,
  type UpstreamCard,
} from '../../../../src/protocol/a2a/upstream-card.ts'

const origin = 'https://agent.example'
const skill = { id: 'search', name: 'Search', description: 'Finds.', tags: ['web'] }
const modern = {
  name: 'Finder',
  description: 'Finds things.',
  version: '2.0.0',
  supportedInterfaces: [
    { url: `${origin}/rpc`, protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: 't1' },
    { url: `${origin}/rest`, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
  ],
  capabilities: { streaming: true, extendedAgentCard: true },
  defaultInputModes: ['text/plain', 'not a mode'],
  defaultOutputModes: ['image/*'],
  skills: [skill],
}
const legacy = {
  name: 'Finder',
  description: 'Finds things.',
  version: '1',
  protocolVersion: '0.3.0',
  url: `${origin}/`,
  preferredTransport: 'HTTP+JSON',
  additionalInterfaces: [
    { url: `${origin}/`, transport: 'HTTP+JSON' },
    { url: `${origin}/rpc`, transport: 'JSONRPC' },
  ],
  capabilities: { streaming: false, pushNotifications: true },
  supportsAuthenticatedExtendedCard: true,
  skills: [skill],
}

const read = (card: unknown, at = origin) =>
  readUpstreamCard(Buffer.from(typeof card === 'string' ? card : JSON.stringify(card)), at)

function cardOf(card: unknown, at = origin): UpstreamCard {
  const found = read(card, at)
  if (isCardProblem(found)) throw new Error(found.sentence)
  return found
}

const codeOf = (card: unknown): CardProblem['code'] | null => {
  const found = read(card)
  return isCardProblem(found) ? found.code : null
}

test('a card of 1.0 is read with its tenant, its modes and what it can do', () => {
  expect(cardOf(modern)).toMatchObject({
    name: 'Finder',
    version: '2.0.0',
    interfaces: [
      { url: `${origin}/rpc`, binding: 'JSONRPC', version: '1.0', written: '1.0', tenant: 't1' },
      { url: `${origin}/rest`, binding: 'HTTP+JSON', version: '1.0', tenant: null },
    ],
    capabilities: { streaming: true, push: false, extendedCard: true },
    inputModes: ['text/plain'],
    outputModes: ['image/*'],
    skills: [skill],
  })
})

test('a card of 0.3 lists its main transport first and each address once', () => {
  const { interfaces, capabilities } = cardOf(legacy)
  expect(interfaces.map(({ url, binding, version }) => [url, binding, version])).toEqual([
    [`${origin}/`, 'HTTP+JSON', '0.3'],
    [`${origin}/rpc`, 'JSONRPC', '0.3'],
  ])
  expect(capabilities).toEqual({ streaming: false, push: true, extendedCard: true })
})

test('a card of 0.2 has a url alone', () => {
  const card = { name: 'Old', url: `${origin}/`, version: '1', skills: [], capabilities: {} }
  expect(cardOf(card).interfaces).toEqual([
    { url: `${origin}/`, binding: 'JSONRPC', written: '0.2', version: '0.3', tenant: null },
  ])
  expect(cardOf({ ...card, protocolVersion: '0.2.5' }).interfaces[0]?.written).toBe('0.2.5')
})

test('our own card, which is of both, gives four interfaces', () => {
  const capabilities = { streaming: true, pushNotifications: true, extendedAgentCard: true }
  const own = describeAgent({ slug: 'x', name: 'X', description: 'Y.', capabilities }, origin)
  expect(cardOf(own).interfaces.map(({ binding, version }) => `${binding} ${version}`)).toEqual([
    'JSONRPC 1.0',
    'HTTP+JSON 1.0',
    'JSONRPC 0.3',
    'HTTP+JSON 0.3',
  ])
})

test('the raw objects of an SDK in place of ProtoJSON are read, and count for whether security changed', () => {
  const raw = { scheme: { $case: 'httpAuthSecurityScheme', value: { scheme: 'Bearer' } } }
  const one = cardOf({ ...modern, securitySchemes: { weir: raw } })
  expect(one.interfaces).toHaveLength(2)
  expect(one.security).not.toBe(cardOf(modern).security)
})

describe('untrusted', () => {
  test.each([
    ['not_json', '{"name":"a","name":"b"}'],
    ['not_json', '{'],
    ['not_json', '['.repeat(100)],
    ['not_json', `{"name":"x","a":${'{"a":'.repeat(30)}1${'}'.repeat(30)}}`],
    ['not_json', { ...modern, name: 'x\ud800' }],
    ['not_json', '{"__proto__":{},"name":"x"}'],
    ['no_card', '[]'],
    ['no_card', 'null'],
    ['no_card', {}],
    ['no_card', { ...modern, name: '\u200b' }],
    ['no_card', { name: 'x', url: 7 }],
    ['too_large', `{"name":"${'x'.repeat(262_144)}"}`],
    ['too_many', { ...modern, skills: Array.from({ length: 129 }, (_, i) => ({ ...skill, id: `s${i}` })) }],
    ['too_many', { ...modern, supportedInterfaces: Array.from({ length: 40 }, (_, i) => ({ url: `${origin}/${i}` })) }],
    ['foreign_interface', { ...modern, supportedInterfaces: [{ url: 'http://169.254.169.254/latest' }] }],
    ['foreign_interface', { ...legacy, url: 'http://agent.example/', additionalInterfaces: [] }],
    ['foreign_interface', { ...legacy, url: 'https://agent.example.evil.example/', additionalInterfaces: [] }],
    ['foreign_interface', { ...legacy, url: 'https://agent.example@evil.example/', additionalInterfaces: [] }],
    ['foreign_interface', { ...legacy, url: 'javascript:alert(1)', additionalInterfaces: [] }],
    ['foreign_interface', { ...legacy, url: 'evil.example:443', preferredTransport: 'GRPC', additionalInterfaces: [] }],
  ] as const)('%s: %.60j', (code, card) => {
    expect(codeOf(card)).toBe(code)
  })

  test('interfaces elsewhere are left out and named', () => {
    const places = [{ url: 'http://169.254.169.254/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }]
    const { interfaces, foreign } = cardOf({
      ...modern,
      supportedInterfaces: [...places, ...modern.supportedInterfaces],
    })
    expect(interfaces.every(({ url }) => url.startsWith(`${origin}/`))).toBe(true)
    expect(foreign).toEqual(['http://169.254.169.254'])
  })

  test('texts come without markup, hidden characters and the place of the agent', () => {
    const description = '<b>Finds</b> th\u200bings at https://agent.example/x, or AGENT.example itself.'
    const skills = [
      { ...skill, name: '\u202eSearch', description: '[go](http://evil.example)', tags: ['<i>web</i>', ''] },
    ]
    const card = cardOf({ ...modern, description, skills: [...skills, ...skills, { id: '' }, 'x'] })
    expect(card.description).toBe('Finds things at or  itself.'.replace('  ', '  '))
    expect(card.skills).toMatchObject([{ id: 'search', name: 'Search', description: 'go', tags: ['web'] }])
  })

  test('nothing of a card is an object where a text is expected', () => {
    const odd = {
      ...modern,
      description: { $ne: 1 },
      version: 7,
      skills: [{ id: { a: 1 }, tags: 'x' }],
      capabilities: [],
    }
    expect(cardOf(odd)).toMatchObject({ description: '', version: '', skills: [], capabilities: { streaming: false } })
  })
})

test('the digest covers every member but the signatures, whatever their order', () => {
  const { digest } = cardOf(modern)
  expect(cardOf(Object.fromEntries(Object.entries(modern).toReversed())).digest).toBe(digest)
  expect(cardOf({ ...modern, signatures: [{ protected: 'a', signature: 'b' }] }).digest).toBe(digest)
  expect(cardOf({ ...modern, extra: 1 }).digest).not.toBe(digest)
})
