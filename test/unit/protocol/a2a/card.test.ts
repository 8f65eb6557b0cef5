import { expect, test } from 'vitest'
import { type Card, type CardSubject, describeAgent, writeCard } from '../../../../src/protocol/a2a/card.ts'

const subject = { slug: 'research', name: 'Research', description: 'Finds things.', versions: ['1.0', '0.3'] } as const
const cardOf = (of: CardSubject, url: string): Card => writeCard(describeAgent(of, url))

test('one card serves both generations of clients', () => {
  const { body } = cardOf(subject, 'http://gateway.example:8080')
  const url = 'http://gateway.example:8080/a2a/research/'
  expect(JSON.parse(body)).toMatchObject({
    name: 'Research',
    url,
    preferredTransport: 'JSONRPC',
    protocolVersion: '0.3.0',
    additionalInterfaces: [{ url, transport: 'JSONRPC' }],
    supportedInterfaces: [
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
    ],
    capabilities: { streaming: true, pushNotifications: false },
    securitySchemes: { weir: { type: 'http', scheme: 'Bearer', httpAuthSecurityScheme: { scheme: 'Bearer' } } },
    security: [{ weir: [] }],
    securityRequirements: [{ schemes: { weir: { list: [] } } }],
    skills: [{ id: 'research' }],
  })
})

test('an agent of 1.0 alone has no members of 0.3', () => {
  const card = JSON.parse(cardOf({ ...subject, versions: ['1.0'] }, 'http://g/').body) as object
  expect(Object.keys(card)).not.toContain('url')
  expect(card).toMatchObject({ supportedInterfaces: [{ url: 'http://g/a2a/research/', protocolVersion: '1.0' }] })
})

test('the tag is strong and follows the text', () => {
  const one = cardOf(subject, 'http://g')
  expect(one.etag).toMatch(/^"[\w-]{43}"$/)
  expect(cardOf(subject, 'http://g/').etag).toBe(one.etag)
  expect(cardOf({ ...subject, description: 'Other.' }, 'http://g').etag).not.toBe(one.etag)
  expect(one.headers).toContainEqual(['etag', one.etag])
})
