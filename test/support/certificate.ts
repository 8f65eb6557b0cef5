/** Self-signed certificates with any subject alternative names, built byte by byte: Node reads certificates and makes none. */
import { generateKeyPairSync, sign } from 'node:crypto'

/** One value of DER (X.690 section 8.1): tag, length, contents. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const size = body.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const time = (at: Date): Buffer => der(0x17, Buffer.from(`${at.toISOString().replaceAll(/\D/g, '').slice(2, 14)}Z`))
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const yes = der(0x01, Buffer.from([0xff]))

const nameTags = { uri: 0x86, dns: 0x82 } as const
export type AltName = readonly [kind: keyof typeof nameTags, text: string]

export interface CertificateFacts {
  readonly names?: readonly AltName[]
  readonly ca?: boolean
  readonly from?: Date
  readonly until?: Date
}

/** The DER of a certificate. */
export function certificate({ names = [], ca = false, ...facts }: CertificateFacts = {}): Buffer {
  const { from = new Date('2020-01-01'), until = new Date('2040-01-01') } = facts
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('a test')))))
  const altNames = sequence(...names.map(([kind, text]) => der(nameTags[kind], Buffer.from(text))))
  const extensions = [
    ...(names.length === 0 ? [] : [sequence(oid('551d11'), der(0x04, altNames))]),
    ...(ca ? [sequence(oid('551d13'), yes, der(0x04, sequence(yes)))] : []),
  ]
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)])
  return sequence(body, ecdsaWithSha256, der(0x03, signature))
}
