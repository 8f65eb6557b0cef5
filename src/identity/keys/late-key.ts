/**
 * A key that is safe from quantum computers and signs checkpoints of the ledger beside the record key: ML-DSA-44 (FIPS 204),
 * made once where the runtime has it, in `keys/record-mldsa44.jwk`. Public parts of all there ever were stand in
 * `keys/late-keys.json`, in the form of the manifest, so that what the first of them signed can be checked after it was lost.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Millis } from '../../base/clock.ts'
import { isJsonObject, readJsonObject } from '../../base/json.ts'
import { type KeyProblem, keyProblem, openFolder, writeWholeSync } from './key-files.ts'

/** A private key as the ledger's thread is handed it. */
export interface LateKey {
  readonly kid: string
  readonly alg: 'ML-DSA-44'
  readonly jwk: JsonWebKey
}

const fileName = 'record-mldsa44.jwk'
export const lateManifestName = 'late-keys.json'

/** Null where the runtime has no such algorithm. Synchronous: for the start. */
export function openLateKey(stateDir: string, now: Millis): LateKey | KeyProblem | null {
  try {
    const folder = openFolder(stateDir)
    return typeof folder === 'string' ? openIn(folder, now) : folder
  } catch (error) {
    return keyProblem(`The key ${fileName} in ${stateDir} cannot be opened: ${String(error)}`)
  }
}

function openIn(folder: string, now: Millis): LateKey | KeyProblem | null {
  const file = join(folder, fileName)
  const facts = statSync(file, { throwIfNoEntry: false })
  if (facts && facts.mode & 0o077)
    return keyProblem(`The signing key ${file} has mode ${(facts.mode & 0o777).toString(8)}. Run: chmod 600 ${file}`)
  if (!facts) {
    const made = makeKey()
    if (!made) return null
    writeWholeSync(folder, fileName, `${JSON.stringify(made)}\n`)
  }
  const jwk = readJsonObject(readFileSync(file, 'utf8'))
  const key = jwk && readKey(jwk as JsonWebKey)
  if (!key) return keyProblem(`${file} is not a private ML-DSA-44 JWK. Move it away or restore it`)
  publish(folder, key, now)
  return key
}

function makeKey(): JsonWebKey | null {
  try {
    return generateKeyPairSync('ml-dsa-44').privateKey.export({ format: 'jwk' })
  } catch {
    return null
  }
}

function readKey(jwk: JsonWebKey): LateKey | null {
  try {
    const { kty, pub } = publicPart(jwk)
    return kty === 'AKP' ? { kid: thumbprint(pub), alg: 'ML-DSA-44', jwk } : null
  } catch {
    return null
  }
}

function publicPart(jwk: JsonWebKey): { readonly kty: string; readonly pub: string } {
  const { kty = '', pub = '' }: JsonWebKey & { pub?: string } = createPublicKey(
    createPrivateKey({ key: jwk, format: 'jwk' }),
  ).export({ format: 'jwk' })
  return { kty, pub }
}

/** RFC 7638 over the members a key of type AKP has, in lexicographic order. */
function thumbprint(pub: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ alg: 'ML-DSA-44', kty: 'AKP', pub }))
    .digest('base64url')
}

/** Adds the public part to the list unless it is there. */
function publish(folder: string, { kid, jwk }: LateKey, now: Millis): void {
  const file = join(folder, lateManifestName)
  const known = statSync(file, { throwIfNoEntry: false }) ? readJsonObject(readFileSync(file, 'utf8'))?.['keys'] : []
  const keys = Array.isArray(known) ? known.filter(isJsonObject) : []
  if (keys.some((entry) => entry['kid'] === kid)) return
  const times = { active_from: now, retired_at: null, revoked_at: null }
  const entry = { kid, use: 'record', alg: 'ML-DSA-44', jwk: { alg: 'ML-DSA-44', ...publicPart(jwk) }, ...times }
  writeWholeSync(
    folder,
    lateManifestName,
    `${JSON.stringify({ schema: 'weir.keys/v1', keys: [...keys, entry] }, null, 1)}\n`,
  )
}
