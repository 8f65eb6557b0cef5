/** The entries of one run by the names under which they speak of each other. */
import type { HopId } from '../../domain/ids.ts'
import type { CallRecord, GrantEntry, IntentEntry, TokenEntry } from '../../domain/record.ts'
import { inputHash } from '../../identity/digest.ts'
import type { RunTrace } from '../../domain/evidence.ts'

/** Tokens that were exchanged for one another on the way from a hop to the one before; far more than anybody does. */
const exchanges_max = 100

export class Book {
  readonly #calls: ReadonlyMap<HopId, CallRecord>
  readonly #intents: ReadonlyMap<HopId, IntentEntry>
  readonly #tokens: ReadonlyMap<string, TokenEntry>
  readonly #byHop: ReadonlyMap<HopId | null, TokenEntry>
  readonly #byHash: ReadonlyMap<string, TokenEntry>
  readonly #grants: ReadonlyMap<string | null, GrantEntry>
  readonly #byInput: ReadonlyMap<string | null, GrantEntry>

  constructor({ calls, intents, tokens, grants }: Pick<RunTrace, 'calls' | 'intents' | 'tokens' | 'grants'>) {
    const issued = grants.filter(({ decision }) => decision === 'allow')
    this.#calls = new Map(calls.map((call) => [call.rid, call]))
    this.#intents = new Map(intents.map((intent) => [intent.rid, intent]))
    this.#tokens = new Map(tokens.map((entry) => [entry.jti, entry]))
    this.#byHop = new Map(tokens.map((entry) => [entry.rid, entry]))
    this.#byHash = new Map(tokens.flatMap((entry) => (entry.token === null ? [] : [[inputHash(entry.token), entry]])))
    this.#grants = new Map(issued.map((grant) => [grant.jti, grant]))
    this.#byInput = new Map(issued.map((grant) => [grant.input_hash ?? null, grant]))
  }

  record(hop: HopId): CallRecord | IntentEntry | null {
    return this.#calls.get(hop) ?? this.#intents.get(hop) ?? null
  }

  /** The token that went out with a hop, which may have been minted for an earlier one. */
  tokenOf(entry: CallRecord | IntentEntry): TokenEntry | null {
    if (entry.kind === 'intent') return this.#byHop.get(entry.rid) ?? null
    return entry.delivery === null ? null : (this.#tokens.get(entry.delivery) ?? null)
  }

  /** The grant of a call token. */
  grant(jti: string | null): GrantEntry | null {
    return jti === null ? null : (this.#grants.get(jti) ?? null)
  }

  /** The delivery a hash stands on: that token itself, or the one its call token was exchanged for. */
  standsOn(hash: string | null): TokenEntry | null {
    let at = hash
    for (let left = exchanges_max; at !== null && left > 0; left -= 1) {
      const token = this.#byHash.get(at)
      if (token) return token
      const parent = this.#byInput.get(at)?.parent_jti ?? null
      const delivery = parent === null ? undefined : this.#tokens.get(parent)
      if (delivery) return delivery
      at = this.grant(parent)?.input_hash ?? null
    }
    return null
  }
}
