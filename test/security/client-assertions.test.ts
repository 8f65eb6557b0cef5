/** An assertion made for somebody else's token endpoint, or for another place here, is no proof of its client (RFC 7523bis). */
import { expect, test } from 'vitest'
import { Endpoint, errorOf } from '../support/client-endpoint.ts'
import { gatewayUrl } from '../support/identity-kit.ts'

const audiences: readonly unknown[] = [
  `${gatewayUrl}/oauth/token`,
  `${gatewayUrl}/oauth/introspect`,
  `${gatewayUrl}/`,
  `${gatewayUrl}#`,
  gatewayUrl.toUpperCase(),
  gatewayUrl.replace('http:', 'https:'),
  gatewayUrl.replace('127.0.0.1', 'localhost'),
  `${gatewayUrl}/a2a/research`,
  `${gatewayUrl}.evil.example`,
  `https://evil.example/?${gatewayUrl}`,
  'https://evil.example',
  'https://evil.example/oauth/token',
  [gatewayUrl],
  [gatewayUrl, 'https://evil.example'],
  [],
  {},
  '',
  null,
  undefined,
  true,
]

test.each(audiences)('threat 14: an assertion for %j is refused, and the caller learns nothing', async (aud) => {
  const endpoint = new Endpoint()
  const outcome = await endpoint.ask(endpoint.assertion({ aud }))
  expect(outcome).toMatchObject({ error: 'invalid_client', description: 'Client authentication failed' })
})

test('threat 14: an assertion is good once, of 64 at the same time as well, and a refused one is not used up', async () => {
  const endpoint = new Endpoint()
  const form = endpoint.assertion()
  expect(errorOf(await endpoint.ask({ ...form, client_id: 'agent:planner' }))).toBe('invalid_client')
  const outcomes = await Promise.all(Array.from({ length: 64 }, async () => errorOf(await endpoint.ask(form))))
  expect(outcomes.filter((one) => one !== 'invalid_client')).toEqual(['private_key_jwt agent:research'])
})
