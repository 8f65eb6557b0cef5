/** SHA-256 in base64url: what every hash in a token is, ours and those of the standards we speak. */
import { hash } from 'node:crypto'

const digestForm = /^[\w-]{43}$/

export function sha256(input: string | Uint8Array): string {
  return hash('sha256', input, 'base64url')
}

export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && digestForm.test(value)
}

/** The signing input of a token (`header.payload`) as others name it: a signature can be written in several ways. */
export function inputHash(raw: string): string {
  return sha256(raw.slice(0, raw.lastIndexOf('.')))
}
