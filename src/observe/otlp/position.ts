/** How far the ledger was exported, in a file that may be lost: then what was not sent before the stop is not sent. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readJsonObject } from '../../base/json.ts'
import type { Joined } from './runs.ts'

export interface Position {
  /** Everything up to this entry was sent or given up. */
  readonly seq: number
  readonly joined: readonly Joined[]
}

/** Two levels of arrays in an object. */
const depth_max = 4

export function readPosition(path: string): Position | null {
  try {
    const kept = readJsonObject(readFileSync(path, 'utf8'), depth_max)
    const seq = kept?.['seq']
    if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return null
    const joined = kept?.['joined']
    return { seq, joined: Array.isArray(joined) ? (joined as readonly unknown[]).filter(isJoined) : [] }
  } catch {
    return null
  }
}

/** Whole or not at all; false where the disk does not take it. */
export function writePosition(path: string, position: Position): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.new`, JSON.stringify(position), { mode: 0o600 })
    renameSync(`${path}.new`, path)
    return true
  } catch {
    return false
  }
}

const forms = [/^run_[0-9a-f]{32}$/, /^[0-9a-f]{32}$/, /^[0-9a-f]{16}$/] as const

function isJoined(value: unknown): value is Joined {
  return (
    Array.isArray(value) &&
    value.length === forms.length &&
    forms.every((form, place) => typeof value[place] === 'string' && form.test(value[place]))
  )
}
