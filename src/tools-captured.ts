/** What was captured beside a record, as `weir audit show` tells it: always what there is, and only where asked what it says. */
import { isUtf8 } from 'node:buffer'
import { isJsonObject, type JsonObject, readJsonObject } from './base/json.ts'
import type { ShownPayload } from './cli/audit/deps.ts'
import type { Commitment } from './domain/commitment.ts'
import { keptOf } from './ledger/vault/kept.ts'
import { type Payload, payloadsOf } from './ledger/vault/payloads.ts'
import type { LedgerState } from './tools-ledger.ts'

const parts = [
  ['args_c', 'args', 'request'],
  ['res_c', 'res', 'answer'],
] as const

/** By the leaf, which is what the log proves; persons stand in it as pseudonyms. */
export function capturedIn(leaf: string, state: LedgerState, withPayloads: boolean): readonly ShownPayload[] {
  const row = readJsonObject(leaf)
  if (!row) return []
  const said = parts.flatMap(([member, part, name]) => {
    const commitment = commitmentIn(row, member)
    return commitment ? [{ commitment, part, name }] : []
  })
  if (said.length === 0) return []
  const { payloads, erased, sealed } = heldOf(row, state)
  return said.map(({ commitment, part, name }): ShownPayload => {
    const { state: became, bytes } = keptOf(commitment, { part, payloads, erased })
    const isSealed = sealed && became === 'absent'
    const { level, n, c, truncated = false } = commitment
    const shown = withPayloads && bytes ? textOf(bytes) : { payload: null, encoding: null }
    return { part: name, level, bytes: n, truncated, hash: c, state: isSealed ? 'sealed' : became, ...shown }
  })
}

function heldOf(
  { rid, human }: JsonObject,
  { people, vault }: LedgerState,
): { readonly payloads: readonly Payload[]; readonly erased: boolean; readonly sealed: boolean } {
  const names = people()
  if (!names || typeof rid !== 'string') return { payloads: [], erased: false, sealed: true }
  const erased = typeof human === 'string' && names.nameOf(human) === null
  return { payloads: payloadsOf(vault.dir, names, rid), erased, sealed: false }
}

function textOf(bytes: Buffer): Pick<ShownPayload, 'payload' | 'encoding'> {
  if (isUtf8(bytes)) return { payload: bytes.toString(), encoding: 'utf8' }
  return { payload: bytes.toString('base64'), encoding: 'base64' }
}

function commitmentIn(row: JsonObject, member: string): Commitment | null {
  const said = row[member]
  return isJsonObject(said) && 'level' in said ? (said as unknown as Commitment) : null
}
