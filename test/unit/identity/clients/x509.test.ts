import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { isDenial } from '../../../../src/domain/verdict.ts'
import { certificateOf } from '../../../../src/identity/clients/x509.ts'
import { type AltName, certificate, type CertificateFacts } from '../../../support/certificate.ts'

const id = 'spiffe://acme.example/agent/research'
const spiffeIdOf = (facts: CertificateFacts): string | null => {
  const read = certificateOf(certificate(facts))
  return isDenial(read) ? read.detail : read.spiffeId
}

test('a certificate is known by the SHA-256 of its DER, its SPIFFE ID and its time', () => {
  const der = certificate({ names: [['uri', id]], from: new Date('2026-01-01'), until: new Date('2027-01-01') })
  const read = certificateOf(der)
  expect(read).toEqual({
    sha256: hash('sha256', der, 'base64url'),
    spiffeId: id,
    notBefore: Date.parse('2026-01-01'),
    notAfter: Date.parse('2027-01-01'),
  })
  expect(certificateOf(Buffer.from(der))).toBe(read)
})

test('names of hosts beside the SPIFFE ID do no harm', () => {
  const names: readonly AltName[] = [
    ['dns', 'research.acme.example'],
    ['uri', id],
  ]
  expect(spiffeIdOf({ names })).toBe(id)
})

test.each<[string, CertificateFacts]>([
  ['no names', {}],
  ['no URI', { names: [['dns', 'research.acme.example']] }],
  [
    'a second SPIFFE ID',
    {
      names: [
        ['uri', id],
        ['uri', `${id}2`],
      ],
    },
  ],
  [
    'the same SPIFFE ID twice',
    {
      names: [
        ['uri', id],
        ['uri', id],
      ],
    },
  ],
  [
    'a second URI of another kind',
    {
      names: [
        ['uri', id],
        ['uri', 'https://acme.example'],
      ],
    },
  ],
  ['a URI that is no SPIFFE ID', { names: [['uri', 'https://acme.example/agent/research']] }],
  ['a trust domain alone', { names: [['uri', 'spiffe://acme.example']] }],
  ['a URI hidden in the name of a host', { names: [['dns', `a, URI:${id}`]] }],
  ['a URI hidden between names of hosts', { names: [['dns', `a, URI:${id}, DNS:b`]] }],
  ['a URI hidden in a URI', { names: [['uri', `https://a/, URI:${id}`]] }],
  ['the rights of a CA', { names: [['uri', id]], ca: true }],
])('a certificate with %s names no workload', (_what, facts) => {
  expect(spiffeIdOf(facts)).toBeNull()
})

test.each([
  ['nothing', new Uint8Array()],
  ['garbage', Buffer.from('30820101ff', 'hex')],
  ['half a certificate', certificate().subarray(0, 100)],
  ['a certificate and a byte more', Buffer.concat([certificate(), Buffer.from([0])])],
  ['more than 16 KB', new Uint8Array(16_385)],
])('%s is no certificate', (_what, der) => {
  expect(certificateOf(der)).toMatchObject({ code: 'unauthenticated' })
})
