import { beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../../../src/base/clock.ts'
import type { SignalSettings } from '../../../../src/config/settings-identity.ts'
import {
  openSignals,
  type Signal,
  type SignalRefusal,
  type Signals,
} from '../../../../src/identity/revocation/signals.ts'
import { openProofRunner } from '../../../../src/identity/proofs/verify-batch.ts'
import { forge, gatewayUrl, idp, issuerKey } from '../../../support/identity-kit.ts'
import { caep } from '../../../support/issuers.ts'

const risc = 'https://schemas.openid.net/secevent/risc/event-type'
const key = issuerKey('idp-1')
const stranger = issuerKey('idp-1')
const clock = new ManualClock()
const now_s = clock.now() / 1000
let signals: Signals

function open(change: Partial<SignalSettings> = {}): Signals {
  const row = { issuer: idp, jwks: 'test:idp', algorithms: ['ES256'], audience: gatewayUrl, person_claim: 'sub' }
  return openSignals([{ ...row, ...change }], {
    runProofs: openProofRunner(null),
    clock,
    fetchText: () => Promise.resolve(JSON.stringify({ keys: [key.jwk] })),
    issuers: ['https://people.example'],
  })
}

beforeEach(() => {
  signals = open()
})

const subject = { format: 'iss_sub', iss: idp, sub: 'tomas' }

function set(claims: object = {}, header: object = {}, signer = key): string {
  const events = { [`${caep}/session-revoked`]: { event_timestamp: now_s - 60 } }
  const said = { iss: idp, aud: gatewayUrl, jti: 's1', iat: now_s - 50, sub_id: subject, events, ...claims }
  return forge(signer.privateKey, { alg: 'ES256', typ: 'secevent+jwt', kid: 'idp-1', ...header }, said)
}

function verify(raw: string): Promise<Signal | SignalRefusal> {
  return signals.verifySignal(raw, '127.0.0.1')
}

async function personsIn(claims: object): Promise<unknown> {
  const signal = await verify(set(claims))
  return signal.kind === 'signal' ? signal.events.map(({ person }) => person) : signal.error
}

test('a session that was revoked is told with whom it was and when', async () => {
  const uri = `${caep}/session-revoked`
  const event = { uri, person: 'user:tomas', endsAt: (now_s - 60) * 1000 }
  expect(await verify(set())).toEqual({ kind: 'signal', issuer: idp, jti: 's1', events: [event] })
})

test.each([
  ['no JWT', () => 'what', 'invalid_request'],
  ['no kid', () => set({}, { kid: undefined }), 'invalid_request'],
  ['an access token', () => set({}, { typ: 'at+jwt' }), 'invalid_request'],
  ['a plain JWT', () => set({}, { typ: 'JWT' }), 'invalid_request'],
  ['an issuer that is no transmitter', () => set({ iss: 'https://people.example' }), 'invalid_issuer'],
  ['another audience', () => set({ aud: 'https://other.example' }), 'invalid_audience'],
  ['two audiences', () => set({ aud: [gatewayUrl, 'https://other.example'] }), 'invalid_audience'],
  ['no audience', () => set({ aud: undefined }), 'invalid_audience'],
  ['no jti', () => set({ jti: undefined }), 'invalid_request'],
  ['an iat that lies ahead', () => set({ iat: now_s + 31 }), 'invalid_request'],
  ['an iat that is a text', () => set({ iat: String(now_s) }), 'invalid_request'],
  ['an exp', () => set({ exp: now_s + 60 }), 'invalid_request'],
  ['no events', () => set({ events: {} }), 'invalid_request'],
  ['events that are a list', () => set({ events: [] }), 'invalid_request'],
  ['an event that is a text', () => set({ events: { x: 'y' } }), 'invalid_request'],
  ['an algorithm that is not pinned', () => set({}, { alg: 'ES384' }), 'invalid_key'],
  ['an unknown key', () => set({}, { kid: 'idp-2' }), 'invalid_key'],
  ['a signature of somebody else', () => set({}, {}, stranger), 'authentication_failed'],
])('a SET is refused with the code of RFC 8935 that says why: %s', async (_what, raw, error) => {
  expect(await verify(raw())).toMatchObject({ kind: 'signal_refusal', error })
})

test('an audience in a list of one is that audience, and an old event told late still counts', async () => {
  expect(await verify(set({ aud: [gatewayUrl], iat: now_s - 1_000_000 }))).toMatchObject({ kind: 'signal' })
})

describe('whom an event is about', () => {
  test.each([
    [{ format: 'email', email: 'tomas@corp.example' }, 'user:tomas@corp.example'],
    [{ format: 'opaque', id: 'tomas' }, 'user:tomas'],
    [{ format: 'opaque', id: 'user:tomas' }, 'user:tomas'],
    [{ format: 'iss_sub', iss: 'https://people.example', sub: 'tomas' }, 'user:tomas'],
    [
      { format: 'complex', user: { format: 'opaque', id: 'tomas' }, session: { format: 'opaque', id: 'x' } },
      'user:tomas',
    ],
    [{ format: 'iss_sub', iss: 'https://elsewhere.example', sub: 'tomas' }, null],
    [{ format: 'iss_sub', sub: 'tomas' }, null],
    [{ format: 'phone_number', phone_number: '+1' }, null],
    [{ format: 'constructor', id: 'tomas' }, null],
    [{ format: 'opaque', id: 'to mas' }, null],
    [{ id: 'tomas' }, null],
    ['tomas', null],
  ])('%j is %s', async (sub_id, who) => {
    expect(await personsIn({ sub_id })).toEqual([who])
  })

  test('may stand beside each event, as older transmitters write it', async () => {
    const events = { [`${risc}/account-disabled`]: { subject: { format: 'opaque', id: 'ana' } } }
    expect(await personsIn({ sub_id: undefined, events })).toEqual(['user:ana'])
  })

  test('is the member the configuration names, if the subject has it', async () => {
    signals = open({ person_claim: 'email' })
    expect(await personsIn({ sub_id: { ...subject, email: 'tomas@corp.example' } })).toEqual([
      'user:tomas@corp.example',
    ])
  })
})

test.each([
  [`${caep}/session-revoked`, {}, true],
  [`${caep}/credential-change`, { change_type: 'revoke' }, true],
  [`${caep}/credential-change`, { change_type: 'delete' }, true],
  [`${caep}/credential-change`, { change_type: 'create' }, false],
  [`${risc}/account-disabled`, {}, true],
  [`${risc}/account-purged`, {}, true],
  [`${caep}/token-claims-change`, {}, false],
  [`https://schemas.openid.net/secevent/ssf/event-type/verification`, {}, false],
  ['constructor', {}, false],
])('%s with %j ends a session: %s', async (uri, event, ends) => {
  const signal = await verify(set({ events: { [uri]: event } }))
  expect(signal).toMatchObject({ events: [{ uri, endsAt: ends ? clock.now() : null }] })
})

test('an event that says it happened in the future, or never, happened now', async () => {
  for (const event_timestamp of [now_s + 1000, clock.now(), -1, 'now', undefined]) {
    const signal = await verify(set({ events: { [`${caep}/session-revoked`]: { event_timestamp } } }))
    expect(signal).toMatchObject({ events: [{ endsAt: clock.now() }] })
  }
})
