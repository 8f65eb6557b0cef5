/**
 * Legal holds, `ledger/holds.json`: what retention may not drop, by whose word and why. Written by the command line, read by
 * the ledger's thread; whole or not there.
 */
import { join } from 'node:path'
import type { Millis } from '../base/clock.ts'
import { isJsonObject, readJsonObject } from '../base/json.ts'
import { readIfThere } from './merkle/tiles.ts'
import { writeWhole } from './whole-file.ts'

export interface Hold {
  readonly name: string
  readonly reason: string
  /** Who asked for it. */
  readonly actor: string
  readonly placed_at: Millis
  /** Entries of this time; null for no such end. */
  readonly from: Millis | null
  readonly until: Millis | null
  /** Only segments that speak of this run; null for all of that time. */
  readonly run: string | null
}

const holds_max = 1000
const text_max = 512

/** The holds of a ledger folder; a sentence where the file cannot be read as such: then nothing may be dropped. */
export function readHolds(dir: string): readonly Hold[] | string {
  const bytes = readIfThere(join(dir, 'holds.json'))
  if (!bytes) return []
  const document = readJsonObject(bytes.toString('utf8'))
  const list = document?.['holds']
  const broken = `${join(dir, 'holds.json')} does not hold legal holds as Weir writes them`
  if (document?.['schema'] !== 'weir.holds/v1' || !Array.isArray(list) || list.length > holds_max) return broken
  const holds = list.map(readHold).filter((hold) => hold !== null)
  return holds.length === list.length ? holds : broken
}

/** Adds a hold; a sentence where there is one of that name, or as many as there may be. */
export function placeHold(dir: string, hold: Hold): string | null {
  const holds = readHolds(dir)
  if (typeof holds === 'string') return holds
  if (holds.some(({ name }) => name === hold.name)) return `There is a hold ${hold.name} already`
  if (holds.length >= holds_max) return `There are ${holds_max} holds, which is all there may be`
  if (!readHold(hold))
    return 'A hold has a name, a reason and an actor of at most 512 characters, and ends after it starts'
  write(dir, [...holds, hold])
  return null
}

/** Takes a hold away and answers it; a sentence where there is none of that name. */
export function releaseHold(dir: string, name: string): Hold | string {
  const holds = readHolds(dir)
  if (typeof holds === 'string') return holds
  const hold = holds.find((one) => one.name === name)
  if (!hold) return `There is no hold ${name}`
  write(
    dir,
    holds.filter((one) => one !== hold),
  )
  return hold
}

/** Takes the name of somebody who is erased out of what was written about holds. Nothing where the list cannot be read. */
export function forgetHolds(dir: string, change: (text: string) => string): void {
  const holds = readHolds(dir)
  if (typeof holds === 'string') return
  const changed = holds.map((hold) => ({ ...hold, reason: change(hold.reason), actor: change(hold.actor) }))
  if (JSON.stringify(changed) !== JSON.stringify(holds)) write(dir, changed)
}

/** Whether the hold keeps a segment with entries of this time that says these bytes. */
export function holdKeeps({ from, until, run }: Hold, segment: HeldSegment): boolean {
  if (from !== null && segment.newest < from) return false
  if (until !== null && segment.oldest > until) return false
  return run === null || segment.mentions(run)
}

export interface HeldSegment {
  readonly oldest: Millis
  readonly newest: Millis
  mentions(text: string): boolean
}

function write(dir: string, holds: readonly Hold[]): void {
  writeWhole(join(dir, 'holds.json'), `${JSON.stringify({ schema: 'weir.holds/v1', holds }, null, 1)}\n`)
}

function readHold(value: unknown): Hold | null {
  if (!isJsonObject(value)) return null
  const { name, reason, actor, placed_at, from, until, run } = value
  if (!isText(name) || !isText(reason) || !isText(actor) || typeof placed_at !== 'number') return null
  if (!isTimeOrNull(from) || !isTimeOrNull(until) || !(run === null || isText(run))) return null
  if (from !== null && until !== null && until < from) return null
  return { name, reason, actor, placed_at, from, until, run }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= text_max
}

function isTimeOrNull(value: unknown): value is Millis | null {
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value))
}
