/** The public keys of issuers. A key is found only by the exact `kid` in the document the configuration names. */
import type { Clock, Millis } from '../base/clock.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../base/json.ts'
import { publicKeyText } from './algorithms.ts'
import type { FetchText } from './fetch-text.ts'

/** Where a public key comes from; the text of the key as a VerifyTask wants it, or null. */
export interface KeySource {
  /** `issuedAt` is what the token says of itself: a key that was retired signed nothing after that. */
  find(kid: string, alg: string, issuedAt?: Millis): string | null | Promise<string | null>
}

/** Public key texts by `alg kid`. */
type KeyTable = ReadonlyMap<string, string>

/** Older than this, keys are read again in the background while they go on working. */
const fresh_ms = 300_000
/** Older than this, keys no longer work, so that a withdrawn key ends even if its issuer cannot be reached. */
const stale_ms = 3_600_000
/** Between two reads at least, so that invented key ids cannot make us flood an issuer. */
const cooldown_ms = 30_000
const keys_max = 50

/** The JWKS (RFC 7517 section 5) of one issuer: cached, read again for an unknown `kid`, one read at a time. */
export class JwksSource implements KeySource {
  /** Why the last read failed; null after a good one. For operators. */
  problem: string | null = null
  readonly #url: string
  readonly #algorithms: readonly string[]
  readonly #fetchText: FetchText
  readonly #clock: Clock
  #table: KeyTable = new Map()
  #readAt = Number.NEGATIVE_INFINITY
  #triedAt = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null

  constructor(
    issuer: { readonly jwks: string; readonly algorithms: readonly string[] },
    fetchText: FetchText,
    clock: Clock,
  ) {
    this.#url = issuer.jwks
    this.#algorithms = issuer.algorithms
    this.#fetchText = fetchText
    this.#clock = clock
  }

  find(kid: string, alg: string): string | null | Promise<string | null> {
    const known = this.#known(kid, alg)
    if (known !== null) {
      if (this.#age_ms() > fresh_ms) void this.refresh()
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
      this.#table = keyTable(readKeys(await this.#fetchText(this.#url)), this.#algorithms)
      this.#readAt = this.#clock.monotonic()
      this.problem = null
    } catch (error) {
      this.problem = `keys of ${this.#url} could not be read: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  #known(kid: string, alg: string): string | null {
    return this.#age_ms() > stale_ms ? null : (this.#table.get(`${alg} ${kid}`) ?? null)
  }

  #age_ms(): number {
    return this.#clock.monotonic() - this.#readAt
  }
}

function readKeys(text: string): readonly JsonObject[] {
  const keys = readJsonObject(text)?.keys
  if (!Array.isArray(keys)) throw new Error('not a JWKS document')
  if (keys.length > keys_max) throw new Error(`more than ${keys_max} keys`)
  return keys.filter(isJsonObject).filter((key) => key.use === undefined || key.use === 'sig')
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
