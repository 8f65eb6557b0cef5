/** The public keys of issuers. A key is found only by the exact `kid` in the document the configuration names. */
import type { Clock, Millis } from '../../base/clock.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../../base/json.ts'
import { publicKeyText } from '../proofs/algorithms.ts'
import type { FetchText } from './fetch-text.ts'

/** Where a public key comes from; the text of the key as a VerifyTask wants it, or null. */
export interface KeySource {
  /** `issuedAt` is what the token says of itself: a key that was retired signed nothing after that. */
  find(kid: string, alg: string, issuedAt?: Millis): string | null | Promise<string | null>
}

/** Public key texts by `alg kid`. */
type KeyTable = ReadonlyMap<string, string>

/** What a document says. */
interface KeyDocument {
  readonly keys: readonly JsonObject[]
  /** `spiffe_sequence`: later bundles have higher ones; null where the document has none. */
  readonly sequence: number | null
  readonly fresh_ms: number
}

/** Older than this, keys are read again in the background while they go on working; a SPIFFE bundle says its own. */
const usualFresh_ms = 300_000
/** What `spiffe_refresh_hint` may ask for. */
const hintRange_ms = [30_000, 3_600_000] as const
/** Older than this, keys no longer work, so that a withdrawn key ends even if its issuer cannot be reached. */
const stale_ms = 3_600_000
/** Between two reads at least, so that invented key ids cannot make us flood an issuer. */
const cooldown_ms = 30_000
const keys_max = 50

/** Which document the keys come in: any JWKS, or a SPIFFE bundle, whose keys are each for one kind of SVID. */
export type KeyForm = 'jwks' | 'spiffe'

/** A document and what its keys may be used for. */
export interface JwksPlace {
  readonly jwks: string
  readonly algorithms: readonly string[]
  /** Default `jwks`. */
  readonly form?: KeyForm
}

/** The JWKS (RFC 7517 section 5) of one issuer: cached, read again for an unknown `kid`, one read at a time. */
export class JwksSource implements KeySource {
  /** Why the last read failed; null after a good one. For operators. */
  problem: string | null = null
  readonly #url: string
  readonly #algorithms: readonly string[]
  readonly #form: KeyForm
  readonly #fetchText: FetchText
  readonly #clock: Clock
  #table: KeyTable = new Map()
  #sequence: number | null = null
  #fresh_ms = usualFresh_ms
  #readAt = Number.NEGATIVE_INFINITY
  #triedAt = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null

  constructor(issuer: JwksPlace, fetchText: FetchText, clock: Clock) {
    this.#url = issuer.jwks
    this.#algorithms = issuer.algorithms
    this.#form = issuer.form ?? 'jwks'
    this.#fetchText = fetchText
    this.#clock = clock
  }

  find(kid: string, alg: string): string | null | Promise<string | null> {
    const known = this.#known(kid, alg)
    if (known !== null) {
      if (this.#age_ms() > this.#fresh_ms) void this.refresh()
      return known
    }
    return this.refresh()?.then(() => this.#known(kid, alg)) ?? null
  }

  /** Reads the document unless that was tried a moment ago; null if so. Never rejects. */
  refresh(): Promise<void> | null {
    if (this.#reading) return this.#reading
    const now = this.#clock.monotonic()
    if (now - this.#triedAt < cooldown_ms) return null
    this.#triedAt = now
    this.#reading = this.#read().finally(() => {
      this.#reading = null
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    try {
      const { keys, sequence, fresh_ms } = readDocument(await this.#fetchText(this.#url), this.#form)
      if (this.#sequence !== null && (sequence ?? -1) < this.#sequence) throw new Error('spiffe_sequence went down')
      this.#table = keyTable(keys, this.#algorithms)
      this.#sequence = sequence
      this.#fresh_ms = fresh_ms
      this.#readAt = this.#clock.monotonic()
      this.problem = null
    } catch (error) {
      this.problem = `keys of ${this.#url} could not be read: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  #known(kid: string, alg: string): string | null {
    // A bundle that is read once an hour must outlive that hour, or its workloads would wait for every read.
    return this.#age_ms() > Math.max(stale_ms, 2 * this.#fresh_ms) ? null : (this.#table.get(`${alg} ${kid}`) ?? null)
  }

  #age_ms(): number {
    return this.#clock.monotonic() - this.#readAt
  }
}

/** RFC 7517 section 4.2, and section 4.3 of the SPIFFE trust domain and bundle specification. */
const signingUse = { jwks: 'sig', spiffe: 'jwt-svid' } as const

function readDocument(text: string, form: KeyForm): KeyDocument {
  const document = readJsonObject(text)
  if (!Array.isArray(document?.keys)) throw new Error('not a JWKS document')
  if (document.keys.length > keys_max) throw new Error(`more than ${keys_max} keys`)
  const all: readonly JsonObject[] = document.keys.filter(isJsonObject)
  const keys = all.filter((key) => key.use === undefined || key.use === signingUse[form])
  if (form === 'jwks') return { keys, sequence: null, fresh_ms: usualFresh_ms }
  const { spiffe_sequence: sequence = null, spiffe_refresh_hint: hint_s } = document
  if (sequence !== null && !isCount(sequence)) throw new Error('spiffe_sequence is no whole number')
  const [least_ms, most_ms] = hintRange_ms
  const fresh_ms = isCount(hint_s) ? Math.min(Math.max(hint_s * 1000, least_ms), most_ms) : usualFresh_ms
  return { keys, sequence, fresh_ms }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Keys without a `kid`, of another kind than pinned or made for encryption are left out. */
function keyTable(keys: readonly JsonObject[], algorithms: readonly string[]): KeyTable {
  const table = new Map<string, string>()
  for (const key of keys) {
    for (const alg of algorithms) {
      const text = publicKeyText(key, alg)
      if (typeof key.kid !== 'string' || text === null) continue
      if (table.has(`${alg} ${key.kid}`)) throw new Error('two keys share a kid')
      table.set(`${alg} ${key.kid}`, text)
    }
  }
  return table
}
