import { createPrivateKey, sign } from 'node:crypto'
import { type AgentCard, generateAgentCardSignature } from '@a2a-js/sdk'
import { importJWK } from 'jose'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../../../src/base/jcs.ts'
import type { JsonObject } from '../../../../src/base/json.ts'
import { judgeSignature } from '../../../../src/identity/cards/upstream-signature.ts'
import { makeKey } from '../../../../src/identity/keys/key-material.ts'
import { encode } from '../../../support/identity-kit.ts'

const key = makeKey('card')
const keys = [{ ...key.publicJwk, kid: key.kid }]
const stranger = makeKey('card')

const members = {
  name: 'Finder',
  description: '',
  version: '1',
  supportedInterfaces: [
    { url: 'https://agent.example/', protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: '' },
  ],
  capabilities: { streaming: true, extensions: [] },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: [],
  skills: [],
}

function signed(card: JsonObject, over: JsonObject = card, by = key, more: object = {}): JsonObject {
  const head = encode({ alg: 'ES256', typ: 'JOSE', kid: by.kid, ...more })
  const privateKey = createPrivateKey({ key: by.privateJwk, format: 'jwk' })
  const input = Buffer.from(`${head}.${encode(canonicalJson(over))}`)
  const signature = sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return { ...card, signatures: [{ protected: head, signature }] }
}

const lean = {
  name: 'Finder',
  version: '1',
  supportedInterfaces: [{ url: 'https://agent.example/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  capabilities: { streaming: true },
  defaultInputModes: ['text/plain'],
}

test('a signature over either reading holds, and which one is told', async () => {
  const verified = { state: 'verified', kid: key.kid, acceptable: true, problem: null }
  expect(await judgeSignature(signed(members), keys, 'required')).toEqual({ ...verified, reading: 'whole' })
  expect(await judgeSignature(signed(members, lean), keys, 'required')).toEqual({
    ...verified,
    reading: 'without_empty',
  })
})

test('what the SDK of A2A signs and an agent serves holds', async () => {
  const privateKey = await importJWK({ ...key.privateJwk, kty: 'EC' }, 'ES256')
  const signer = generateAgentCardSignature(privateKey, { alg: 'ES256', kid: key.kid, typ: 'JOSE' })
  const card = (await signer(members as unknown as AgentCard)) as unknown as JsonObject
  expect(await judgeSignature(JSON.parse(JSON.stringify(card)) as JsonObject, keys, 'required')).toMatchObject({
    state: 'verified',
    kid: key.kid,
  })
})

test.each([
  ['another name', { ...signed(members), name: 'Other' }],
  ['a member more', { ...signed(members), url: 'https://evil.example/' }],
  ['the key of a stranger', signed(members, members, stranger)],
  ['a stranger who says where the key is', signed(members, members, stranger, { jku: 'https://evil.example/jwks' })],
  ['a signature that is none', { ...members, signatures: ['x'] }],
])('%s is refused wherever signatures count', async (_what, card) => {
  for (const policy of ['required', 'if_present'] as const)
    expect(await judgeSignature(card, keys, policy)).toMatchObject({ state: 'invalid', acceptable: false, kid: null })
  expect(await judgeSignature(card, keys, 'ignore')).toMatchObject({ state: 'unchecked', acceptable: true })
})

test('an unsigned card is enough unless a signature is required', async () => {
  expect(await judgeSignature(members, keys, 'required')).toMatchObject({ state: 'unsigned', acceptable: false })
  for (const card of [members, { ...members, signatures: [] }])
    expect(await judgeSignature(card, keys, 'if_present')).toMatchObject({ state: 'unsigned', acceptable: true })
})

test('without keys nothing is verified, and what is required does not hold', async () => {
  expect(await judgeSignature(signed(members), null, 'if_present')).toMatchObject({
    state: 'unchecked',
    acceptable: true,
  })
  expect(await judgeSignature(signed(members), null, 'required')).toMatchObject({ state: 'invalid', acceptable: false })
})
