/** The list of all keys there ever were, `keys.json`: public parts only, each with the time in which it signed. */
import type { Millis } from '../../base/clock.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../../base/json.ts'
import { algOf, isKeyUse, type KeyUse, type PublicJwk, readPublicKey, thumbprint } from './key-material.ts'

const states = ['next', 'active', 'retired'] as const
const sources = ['file', 'credential'] as const

export interface KeyEntry {
  readonly kid: string
  readonly use: KeyUse
  readonly jwk: PublicJwk
  readonly state: (typeof states)[number]
  /** Whether Weir made it and keeps it in a file, or the service manager hands it in. */
  readonly source: (typeof sources)[number]
  readonly published_at: Millis
  /** Since when it signs; of a next key, when it will. */
  readonly active_from: Millis
  /** The end of its signing; null while it signs or is still to. */
  readonly retired_at: Millis | null
  /** The end of its being published and of what it signed being accepted on a call; null while it is not retired. */
  readonly not_after: Millis | null
  /** When the operator withdrew it: from then on nothing it ever signed counts. */
  readonly revoked_at: Millis | null
}

/** The most keys a manifest can hold: more than ten a month for each use over half a century. */
export const keys_max = 20_000

export function manifestText(entries: readonly KeyEntry[]): string {
  const keys = entries.map((entry) => ({ ...entry, alg: algOf(entry.use) }))
  return `${JSON.stringify({ schema: 'weir.keys/v1', keys }, null, 1)}\n`
}

/** The entries of a manifest, or null if anything in it is not as it was written. */
export function readManifest(text: string): readonly KeyEntry[] | null {
  const manifest = readJsonObject(text)
  const keys = manifest?.['keys']
  if (manifest?.['schema'] !== 'weir.keys/v1' || !Array.isArray(keys) || keys.length > keys_max) return null
  const entries = keys.map((key) => (isJsonObject(key) ? readEntry(key) : null))
  const whole = entries.filter((entry) => entry !== null)
  const names = new Set(whole.map(({ kid }) => kid))
  return whole.length === entries.length && names.size === entries.length && oneOfEach(whole) ? whole : null
}

/** At most one key of a use signs, and at most one is about to. */
function oneOfEach(entries: readonly KeyEntry[]): boolean {
  const held = entries.filter(({ state }) => state !== 'retired').map(({ use, state }) => `${use} ${state}`)
  return new Set(held).size === held.length
}

function readEntry(key: JsonObject): KeyEntry | null {
  const { kid, use, published_at, active_from, retired_at, not_after, revoked_at } = key
  const state = states.find((one) => one === key['state'])
  const source = sources.find((one) => one === key['source'])
  const jwk = isKeyUse(use) ? readPublicKey(use, key['jwk']) : null
  if (!isKeyUse(use) || !jwk || !state || !source || kid !== thumbprint(jwk)) return null
  if (!isTime(published_at) || !isTime(active_from)) return null
  if (!isTimeOrNull(retired_at) || !isTimeOrNull(not_after) || !isTimeOrNull(revoked_at)) return null
  if ((state === 'retired') !== (retired_at !== null) || (state === 'retired') !== (not_after !== null)) return null
  return { kid, use, jwk, state, source, published_at, active_from, retired_at, not_after, revoked_at }
}

function isTime(value: unknown): value is Millis {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isTimeOrNull(value: unknown): value is Millis | null {
  return value === null || isTime(value)
}
