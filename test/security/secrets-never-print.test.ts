import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { Secret } from '../../src/config/secret.ts'
import { type LogFacts, openLog } from '../../src/observe/log.ts'
import { loadedOf } from '../support/temp-config.ts'

const canary = 'canary-5f0c1d'
const apiKey = 'wk_k1_Zm9vYmFyYmF6cXV4'
const jwt = `eyJ${'h'.repeat(30)}.eyJ${'p'.repeat(40)}.${'s'.repeat(86)}`

/** The lines a log writes for one message. */
function linesOf(message: string, facts?: LogFacts): string {
  const lines: string[] = []
  const log = openLog({ level: 'debug', clock: systemClock, sink: { write: (line) => void lines.push(line) } })
  log.warn(message, facts)
  return lines.join('')
}

test.each([
  ['JSON.stringify', (value: unknown) => JSON.stringify(value)],
  ['util.inspect', (value: unknown) => inspect(value, { depth: 20, showHidden: true, getters: true })],
  ['a template', (value: unknown) => `<${String(value)}>`],
  ['joining and adding', (value: unknown) => [value, ''].join('') + value],
  ['spreading', (value: unknown) => JSON.stringify({ ...Object(value) })],
])('a secret survives %s unseen', (_how, print) => {
  const secret = new Secret(canary)
  expect(print(secret)).not.toContain(canary)
  expect(secret.reveal()).toBe(canary)
})

test('nothing that is loaded shows a secret, however it is printed', async () => {
  const loaded = await loadedOf(
    'agents: { a: { url: "http://h/", headers: { X-Key: "${env:K}" } } }\nalerts: { webhooks: [{ url: "http://h/", secret: "${env:K}" }] }',
    { K: canary },
  )
  const shown = [
    JSON.stringify(loaded),
    JSON.stringify([...loaded.settings.agents.values()]),
    inspect(loaded, { depth: 20, showHidden: true }),
    linesOf('loaded', { loaded, settings: loaded.settings }),
  ]
  for (const text of shown) expect(text).not.toContain(canary)
  expect(shown[0]).toContain('[secret]')
})

test.each([
  ['an authorization header', { headers: { Authorization: `Custom ${canary}` } }],
  ['a delivery token', { headers: { 'txn-token': canary } }],
  ['a cookie', { deep: { er: { cookie: canary, 'set-cookie': [canary] } } }],
  ['a key of another service', { headers: new Map([['X-Api-Key', canary]]) }],
  ['a private key', { jwk: { kty: 'EC', d: canary } }],
  ['a secret of a webhook', { hook_secret: canary, refresh_token: canary }],
  ['raw bytes', { body: Buffer.from(canary) }],
  ['a function', { it: () => canary }],
])('a log line with %s does not show it', (_what, facts) => {
  expect(linesOf('something happened', facts)).not.toContain(canary)
})

test.each([
  ['an API key', `refused ${apiKey} at the door`, 'Zm9vYmFyYmF6cXV4'],
  ['a JWT', `refused ${jwt}`, 'ssss'],
  ['a JWT without its signature', `refused ${jwt.split('.').slice(0, 2).join('.')}.`, 'pppp'],
  ['a bearer credential', `got "Bearer ${canary}" from a peer`, canary],
  ['a URL with a password', `cannot reach https://user:${canary}@host/`, canary],
])('a message with %s does not show it, nor does a fact or an error', (_what, text, needle) => {
  const error = new Error(text, { cause: new Error(text) })
  const written = linesOf(text, { text, list: [text], [text]: 1, error })
  expect(written).not.toContain(needle)
  expect(written).toContain('[redacted]')
})
