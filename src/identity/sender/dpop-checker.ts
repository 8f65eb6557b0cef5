/**
 * Checks proofs of possession (RFC 9449 section 4.3). What is cheap comes first and what burns something last: the form, the
 * key, the request it was made for, the nonce; then the signature, in the proof pool; then, for a genuine proof only, the
 * table of used ones, so that nobody can use up what another one signed.
 */
import { hash } from 'node:crypto'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Clock, Millis } from '../../base/clock.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../../base/json.ts'
import type { IdentitySectionSettings } from '../../config/settings-identity.ts'
import { isDenial } from '../../domain/verdict.ts'
import { publicKeyText } from '../proofs/algorithms.ts'
import { keyThumbprint } from './confirmation.ts'
import type { DpopChecker, DpopProof, DpopRefusal, DpopRequest } from './dpop.ts'
import type { PeerBudget } from '../peer-budget.ts'
import type { Prover } from '../proofs/prover.ts'
import { proofLife_ms, type SingleUse } from './single-use.ts'
import { isText, type ReadJws, readProof } from '../strict-jwt.ts'

export interface DpopParts {
  readonly settings: IdentitySectionSettings['dpop']
  readonly singleUse: SingleUse
  readonly prover: Prover
  readonly budget: PeerBudget
  readonly clock: Clock
}

const proofTyp = 'dpop+jwt'
/** What proofs may be signed with, as `WWW-Authenticate` and metadata list them. */
export const proofAlgorithms = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'RS256', 'PS256'] as const

/** Keys that have signed a genuine proof from a peer: as many as the proof threads keep imported, and then some. */
const known_max = 4096
/** The least time after a start in which proofs must carry a nonce of ours. */
const afterStart_ms = 60_000
const url_chars = 2048
const urlForm = /^https?:\/\/[!-[\]-~]+$/i
/** Members of a private or a shared key (RFC 7518 sections 6.2.2, 6.3.2, 6.4.1). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const
/** Of RSA 4096; a larger modulus costs us more than it proves. */
const memberForm = /^[\w-]{1,683}$/
/** Up to 32 bits: with a long public exponent one check costs as much as hundreds. */
const exponentForm = /^[\w-]{1,6}$/

/** A proof that is right in everything but its signature. */
interface Claimed {
  readonly key: string
  readonly jkt: string
  readonly jti: string
  readonly expiresAt: Millis
}

export function openDpopChecker(parts: DpopParts): DpopChecker {
  const checker = new Checker(parts)
  return { checkDpop: (request) => checker.check(request) }
}

class Checker {
  readonly #parts: DpopParts
  readonly #window_ms: number
  readonly #known = new BoundedMap<string, true>({ max: known_max })

  constructor(parts: DpopParts) {
    this.#parts = parts
    // Never wider than the table of used proofs was made for.
    this.#window_ms = Math.min(parts.settings.window_s, parts.singleUse.window_s) * 1000
  }

  async check(request: DpopRequest): Promise<DpopProof | DpopRefusal> {
    const proof = readProof(request.proof)
    if (isDenial(proof)) return invalid(proof.detail)
    const claimed = this.#read(proof, request)
    if ('error' in claimed) return claimed
    const genuine = await this.#isGenuine(proof, claimed, request.peer)
    if (genuine !== true) return genuine
    const { jkt, jti, expiresAt } = claimed
    const once = this.#parts.singleUse.proofs.once(jkt, jti, expiresAt)
    if (once === 'seen') return invalid('the proof was used before')
    if (once === 'full') return busy('no room to remember another proof')
    return { kind: 'dpop_proof', jkt, evidence: hash('sha256', request.proof, 'base64url') }
  }

  #read({ alg, typ, header, claims }: ReadJws, request: DpopRequest): Claimed | DpopRefusal {
    if (typ !== proofTyp) return invalid(`typ is not ${proofTyp}`)
    const key = clientKey(header, alg)
    if (key === null) return invalid('jwk is no public key that fits alg')
    const jkt = keyThumbprint(readJsonObject(key) ?? {})
    if (request.jkt !== undefined && jkt !== request.jkt) return invalid('the proof is of another key than the token')
    const { jti, iat } = claims
    if (!isText(jti)) return invalid('jti is missing')
    if (typeof iat !== 'number' || !this.#isNow(iat)) return invalid(`iat is not within ${this.#window_ms / 1000} s`)
    const stray = strayClaim(claims, request)
    if (stray !== null) return invalid(stray)
    if (this.#wantsNonce() && !this.#hasNonce(claims)) return this.#askNonce()
    return { key, jkt, jti, expiresAt: iat * 1000 + this.#window_ms + 1 }
  }

  /** An unknown key costs its peer, and one whose signature did not hold is unknown again: checking costs more than inventing. */
  async #isGenuine({ raw, alg }: ReadJws, { key, jkt }: Claimed, peer: string): Promise<true | DpopRefusal> {
    const { prover, budget } = this.#parts
    const name = `${peer} ${jkt}`
    if (!this.#known.get(name) && budget.take(peer) > 0) return busy('too many unknown keys from this peer')
    const genuine = await prover.verify({ raw, alg, key })
    if (isDenial(genuine)) return busy(genuine.detail)
    if (genuine) this.#known.set(name, true)
    else this.#known.delete(name)
    return genuine || invalid('the signature of the proof does not hold')
  }

  #isNow(iat: number): boolean {
    return Math.abs(this.#parts.clock.now() - iat * 1000) <= this.#window_ms
  }

  /** A restart forgets which proofs were used, so for as long as one of them may live they must be newer than the start. */
  #wantsNonce(): boolean {
    const { settings, singleUse } = this.#parts
    if (settings.nonce === 'always') return true
    return singleUse.nonces.age_ms() < Math.max(afterStart_ms, proofLife_ms(singleUse.window_s))
  }

  #hasNonce({ nonce }: JsonObject): boolean {
    return isText(nonce) && this.#parts.singleUse.nonces.holds(nonce)
  }

  #askNonce(): DpopRefusal {
    const nonce = this.#parts.singleUse.nonces.fresh()
    return { kind: 'dpop_refusal', error: 'use_dpop_nonce', detail: 'the proof carries no nonce of ours', nonce }
  }
}

/** The key a proof brings, as the proof threads know keys; null for anything but a public key of a sensible size. */
function clientKey({ jwk }: JsonObject, alg: string): string | null {
  if (!isJsonObject(jwk) || privateMembers.some((name) => Object.hasOwn(jwk, name))) return null
  const { x, y, n, e } = jwk
  const members = [x, y, n].filter((member) => member !== undefined)
  if (!members.every((member) => typeof member === 'string' && memberForm.test(member))) return null
  if (e !== undefined && !(typeof e === 'string' && exponentForm.test(e))) return null
  return publicKeyText(jwk, alg)
}

/** Which claim belongs to another request; null if none does. */
function strayClaim({ htm, htu, ath }: JsonObject, { method, url, accessToken }: DpopRequest): string | null {
  if (htm !== method) return 'htm is another method'
  if (typeof htu !== 'string' || !isSameUrl(htu, url)) return 'htu is another URL'
  if (accessToken !== null && ath !== hash('sha256', accessToken, 'base64url')) return 'ath is another token'
  return null
}

/** Without query and fragment, after the normalisation of RFC 3986 sections 6.2.2 and 6.2.3. */
function isSameUrl(htu: string, url: string): boolean {
  if (htu.length > url_chars || !urlForm.test(htu) || !URL.canParse(htu)) return false
  const [theirs, ours] = [new URL(htu), new URL(url)]
  if (theirs.username !== '' || theirs.password !== '') return false
  return theirs.origin === ours.origin && theirs.pathname === ours.pathname
}

function invalid(detail: string): DpopRefusal {
  return { kind: 'dpop_refusal', error: 'invalid_dpop_proof', detail, nonce: null }
}

function busy(detail: string): DpopRefusal {
  return { kind: 'dpop_refusal', error: 'busy', detail, nonce: null }
}
