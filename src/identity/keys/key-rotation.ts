/** When keys take turns: pure steps from one list of keys to the next. Nothing is written and nothing is deleted here. */
import type { Millis } from '../../base/clock.ts'
import type { KeyEntry } from './key-manifest.ts'
import { keyUses, type KeyUse, makeKey, type PrivateKey } from './key-material.ts'
import { skew_ms } from '../strict-jwt.ts'

export interface RotationSettings {
  /** How long a key signs before the next one does. */
  readonly rotate_after_s: number
  /** How long the next key is published before it signs. */
  readonly publish_before_s: number
  /** Lifetime of the tokens that live longest. */
  readonly delivery_ttl_s: number
}

/** A list of keys, and the private parts of those that are new in it. */
export interface Turn {
  readonly entries: readonly KeyEntry[]
  readonly made: ReadonlyMap<string, PrivateKey>
}

/** How long what a retired key signed may still be shown: the longest token, the longest call token and the skew. */
export function overlap_ms({ delivery_ttl_s }: RotationSettings): Millis {
  return (delivery_ttl_s + 300) * 1000 + skew_ms
}

export function entryOf(use: KeyUse, state: 'next' | 'active', facts: Beginning): KeyEntry {
  const { key, source, published_at, active_from } = facts
  const unended = { retired_at: null, not_after: null, revoked_at: null }
  return { kid: key.kid, use, jwk: key.publicJwk, state, source, published_at, active_from, ...unended }
}

interface Beginning extends Pick<KeyEntry, 'source' | 'published_at' | 'active_from'> {
  readonly key: PrivateKey
}

export function findKey(entries: readonly KeyEntry[], use: KeyUse, state: KeyEntry['state']): KeyEntry | undefined {
  return entries.find((entry) => entry.use === use && entry.state === state)
}

/** The moment before which `turnDue` changes nothing and no key leaves the published set. */
export function dueAt(entries: readonly KeyEntry[], now: Millis, settings: RotationSettings): Millis {
  const ends = entries.flatMap(({ not_after }) => (not_after !== null && not_after > now ? [not_after] : []))
  const turns = keyUses.flatMap((use) => {
    const active = findKey(entries, use, 'active')
    if (active?.source !== 'file') return []
    return [findKey(entries, use, 'next')?.active_from ?? publishAt(active, settings)]
  })
  return Math.min(...ends, ...turns)
}

/** Everything that is due: next keys are made, and those whose time has come sign. */
export function turnDue(entries: readonly KeyEntry[], now: Millis, settings: RotationSettings): Turn {
  let turn: Turn = { entries, made: new Map() }
  for (const use of keyUses) {
    const active = findKey(turn.entries, use, 'active')
    if (active?.source !== 'file') continue
    const ends = active.active_from + settings.rotate_after_s * 1000
    if (now >= publishAt(active, settings)) turn = withNext(turn, use, { now, from: ends, settings })
    const next = findKey(turn.entries, use, 'next')
    if (next && now >= next.active_from) turn = { ...turn, entries: promote(turn.entries, use, now, settings) }
  }
  return turn
}

/** The rotation of one use moved forward: to as soon as the next key was published long enough, or to now. */
export function turnEarly(
  entries: readonly KeyEntry[],
  use: KeyUse,
  asked: { readonly at: Millis; readonly now: boolean; readonly revoke: boolean },
  settings: RotationSettings,
): Turn {
  const { at, revoke } = asked
  // Who read the key that signs may have read the next one beside it.
  const spare = revoke ? findKey(entries, use, 'next') : undefined
  const kept = entries.filter((entry) => entry !== spare)
  const turn = withNext({ entries: kept, made: new Map() }, use, { now: at, from: at, settings })
  const before = findKey(entries, use, 'active')
  if (asked.now || revoke) {
    const promoted = promote(turn.entries, use, at, settings)
    return { ...turn, entries: revoke ? withdraw(promoted, before?.kid, at) : promoted }
  }
  const sooner = (next: KeyEntry): KeyEntry => {
    const soonest = Math.max(at, next.published_at + settings.publish_before_s * 1000)
    return { ...next, active_from: Math.min(next.active_from, soonest) }
  }
  return { ...turn, entries: turn.entries.map((one) => (one.use === use && one.state === 'next' ? sooner(one) : one)) }
}

export function retire(entry: KeyEntry, now: Millis, settings: RotationSettings): KeyEntry {
  return { ...entry, state: 'retired', retired_at: now, not_after: now + overlap_ms(settings) }
}

function publishAt(active: KeyEntry, { rotate_after_s, publish_before_s }: RotationSettings): Millis {
  return active.active_from + (rotate_after_s - publish_before_s) * 1000
}

interface Planning {
  readonly now: Millis
  /** When it should sign if it was published long enough by then. */
  readonly from: Millis
  readonly settings: RotationSettings
}

function withNext(turn: Turn, use: KeyUse, { now, from, settings }: Planning): Turn {
  if (findKey(turn.entries, use, 'next')) return turn
  const key = makeKey(use)
  const active_from = Math.max(from, now + settings.publish_before_s * 1000)
  const next = entryOf(use, 'next', { key, source: 'file', published_at: now, active_from })
  return { entries: [...turn.entries, next], made: new Map([...turn.made, [key.kid, key]]) }
}

function promote(
  entries: readonly KeyEntry[],
  use: KeyUse,
  now: Millis,
  settings: RotationSettings,
): readonly KeyEntry[] {
  return entries.map((entry) => {
    if (entry.use !== use || entry.state === 'retired') return entry
    return entry.state === 'active' ? retire(entry, now, settings) : { ...entry, state: 'active', active_from: now }
  })
}

function withdraw(entries: readonly KeyEntry[], kid: string | undefined, at: Millis): readonly KeyEntry[] {
  return entries.map((entry) => (entry.kid === kid ? { ...entry, not_after: at, revoked_at: at } : entry))
}
