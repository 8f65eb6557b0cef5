/**
 * What is remembered of an agent's card across restarts: the one that is trusted and the one that waits for an operator,
 * one file for each agent in the state directory. The documents are read again as strangers' words, so a file that was
 * tampered with says no more than a card could.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isJsonObject, type JsonObject, readJsonObject } from '../../base/json.ts'
import { type AgentId, slugOf } from '../../domain/ids.ts'
import { isCardProblem, readUpstreamCard } from '../../protocol/a2a/upstream-card.ts'
import type { SeenCard } from './card-change.ts'

export interface KeptCards {
  readonly pinned: SeenCard | null
  readonly pending: SeenCard | null
  readonly changes: readonly string[]
}

export const nothingKept: KeptCards = { pinned: null, pending: null, changes: [] }

/** Nothing where there is no file, or none of ours. `origin` is that of the agent as it is registered now. */
export async function readKept(stateDir: string, agent: AgentId, origin: string): Promise<KeptCards> {
  const text = await readFile(placeOf(stateDir, agent), 'utf8').catch(() => null)
  const kept = text === null ? null : readJsonObject(text)
  if (kept?.['v'] !== 1) return nothingKept
  const pinned = seenOf(kept['pinned'], origin)
  const pending = seenOf(kept['pending'], origin)
  const changes = Array.isArray(kept['changes']) ? kept['changes'].filter((each) => typeof each === 'string') : []
  return { pinned, pending, changes: pending === null ? [] : changes }
}

/** Null once it is written, else why not in a word. */
export async function writeKept(stateDir: string, agent: AgentId, kept: KeptCards): Promise<string | null> {
  const place = placeOf(stateDir, agent)
  const { changes } = kept
  const text = JSON.stringify({ v: 1, pinned: memberOf(kept.pinned), pending: memberOf(kept.pending), changes })
  try {
    await mkdir(dirname(place), { recursive: true, mode: 0o700 })
    await writeFile(`${place}.new`, text, { mode: 0o600, flush: true })
    await rename(`${place}.new`, place)
    return null
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unwritable'
  }
}

function placeOf(stateDir: string, agent: AgentId): string {
  return join(stateDir, 'cards', `${slugOf(agent)}.json`)
}

function memberOf(seen: SeenCard | null): JsonObject | null {
  if (seen === null) return null
  const { card, signature, seenAt, verifiedAt } = seen
  return { document: card.document, state: signature.state, kid: signature.kid, seenAt, verifiedAt }
}

const states = ['verified', 'unsigned', 'unchecked', 'invalid'] as const

function seenOf(member: unknown, origin: string): SeenCard | null {
  if (!isJsonObject(member)) return null
  const { document, state, kid, seenAt, verifiedAt } = member
  const known = states.find((each) => each === state)
  const card = readUpstreamCard(Buffer.from(JSON.stringify(document ?? null)), origin)
  if (isCardProblem(card) || known === undefined || typeof seenAt !== 'number') return null
  const signature = { state: known, kid: typeof kid === 'string' ? kid : null }
  return { card, signature, seenAt, verifiedAt: typeof verifiedAt === 'number' ? verifiedAt : null }
}
