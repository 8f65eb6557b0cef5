/** Where a list goes on: opaque to whoever holds it, and checked when it comes back. */
import { type AskRefused, refuseAsk } from './contract.ts'

type Listed = 'runs' | 'hops'

const form = /^[A-Za-z0-9_-]{1,64}$/
const inside = /^(runs|hops) ([0-9]{1,15})$/

/** `n` is the key of the last row that was given. */
export function writeCursor(listed: Listed, n: number): string {
  return Buffer.from(`${listed} ${n}`).toString('base64url')
}

/** The key before which the list goes on. */
export function readCursor(listed: Listed, cursor: string | null): number | AskRefused {
  if (cursor === null) return Number.MAX_SAFE_INTEGER
  const text = form.test(cursor) ? Buffer.from(cursor, 'base64url').toString('latin1') : ''
  const found = inside.exec(text)
  const isOurs = found !== null && found[1] === listed && writeCursor(listed, Number(found[2])) === cursor
  return isOurs ? Number(found[2]) : refuseAsk('bad_cursor', `the cursor is none of a list of ${listed}`)
}
