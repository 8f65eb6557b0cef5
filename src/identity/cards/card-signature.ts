/**
 * Checks who published an agent card (A2A 1.0 section 8.4.3). The keys are those the operator names: what a card says
 * about where its keys are is an opinion of whoever wrote the card. A signature covers all members or it does not hold.
 */
import { flattenedVerify, importJWK, type JWK } from 'jose'
import { canonicalJson } from '../../base/jcs.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../../base/json.ts'
import { publicKeyText } from '../proofs/algorithms.ts'
import { isText } from '../strict-jwt.ts'

export interface CardSignatureReport {
  /** Null where the signature does not say. */
  readonly kid: string | null
  readonly alg: string | null
  /** Why it does not count; null if it holds. */
  readonly problem: string | null
}

export interface CardReport {
  /** At least one signature holds, with a key that was given, over every member of the card. */
  readonly valid: boolean
  /** Why not; null if it is valid. */
  readonly reason: string | null
  readonly signatures: readonly CardSignatureReport[]
}

const algorithms = ['ES256', 'ES384', 'Ed25519', 'EdDSA', 'PS256', 'RS256']
const signatures_max = 16
const text_max_chars = 8192
/** Of the protected header. `jku` is allowed by A2A and never followed; what would change how the rest is read is refused. */
const headerMembers = new Set(['alg', 'typ', 'kid', 'jku', 'iat'])

/** Checks a card that was read strictly, against keys that are trusted already. Never rejects. */
export async function verifyCard(card: JsonObject, keys: readonly object[]): Promise<CardReport> {
  const { signatures, ...signed } = card
  if (!Array.isArray(signatures) || signatures.length === 0) return refused('the card is not signed')
  if (signatures.length > signatures_max) return refused(`the card has more than ${signatures_max} signatures`)
  const payload = Buffer.from(canonicalJson(signed)).toString('base64url')
  const reports = await Promise.all(signatures.map((signature) => checkOne(signature, payload, keys)))
  const valid = reports.some(({ problem }) => problem === null)
  const problems = new Set(reports.map(({ problem }) => problem))
  const reason = valid ? null : `no signature holds: ${[...problems].join('; ')}`
  return { valid, reason, signatures: reports }
}

function refused(reason: string): CardReport {
  return { valid: false, reason, signatures: [] }
}

async function checkOne(signature: unknown, payload: string, keys: readonly object[]): Promise<CardSignatureReport> {
  const read = readSignature(signature)
  if ('problem' in read) return { kid: null, alg: null, ...read }
  const { kid, alg } = read
  const key = keyOf(kid, alg, keys)
  if (key === null) return { kid, alg, problem: 'its key is not among those given' }
  try {
    const jws = { protected: read.protected, payload, signature: read.signature }
    await flattenedVerify(jws, await importJWK(JSON.parse(key) as JWK, alg), { algorithms: [alg] })
    return { kid, alg, problem: null }
  } catch {
    return { kid, alg, problem: 'it is not a signature by this key over the whole card' }
  }
}

interface Read {
  readonly kid: string
  readonly alg: string
  readonly protected: string
  readonly signature: string
}

/** Only the protected header counts (RFC 7515 section 7.2): anybody could have changed the other one. */
function readSignature(signature: unknown): Read | { readonly problem: string } {
  if (!isJsonObject(signature)) return { problem: 'it is not an object' }
  const { protected: head, signature: value } = signature
  if (!isPart(head) || !isPart(value)) return { problem: 'protected or signature is missing or too long' }
  const header = readJsonObject(Buffer.from(head, 'base64url').toString())
  if (!header) return { problem: 'its protected header is not one strict JSON object' }
  const { kid, alg } = header
  if (!isText(kid) || !isText(alg)) return { problem: 'its protected header lacks kid or alg' }
  if (!algorithms.includes(alg)) return { problem: 'its algorithm is not accepted' }
  const stray = Object.keys(header).find((name) => !headerMembers.has(name))
  if (stray !== undefined) return { problem: 'its protected header has a member that is not understood' }
  if (header['typ'] !== undefined && header['typ'] !== 'JOSE') return { problem: 'its typ is not JOSE' }
  return { kid, alg, protected: head, signature: value }
}

function isPart(value: unknown): value is string {
  return typeof value === 'string' && value.length <= text_max_chars && /^[\w-]+$/.test(value)
}

/** A kid that stands for two keys stands for none. */
function keyOf(kid: string, alg: string, keys: readonly object[]): string | null {
  const [found, second] = keys.filter((key) => isJsonObject(key) && key['kid'] === kid)
  if (!isJsonObject(found) || second !== undefined) return null
  return found['use'] === undefined || found['use'] === 'sig' ? publicKeyText(found, alg) : null
}
