/** What an entry of the ledger has for the words of the filter grammar. */
import type { Filterable } from './filter.ts'
import type { CallRecord, IntentEntry, LedgerEntry } from './record.ts'

export function filterableOf(entry: LedgerEntry): Filterable {
  if (entry.kind === 'call') return ofCall(entry)
  if (entry.kind === 'intent') return { ...placeOf(entry), kind: 'intent', status: 'open', decision: 'allow' }
  const { kind, ts: at } = entry
  const said = new Map<string, unknown>(Object.entries(entry))
  const text = (name: string): string | null => {
    const value = said.get(name)
    return typeof value === 'string' ? value : null
  }
  return {
    at,
    kind,
    run: text('run'),
    hop: text('rid'),
    agent: text('agent') ?? text('root'),
    root: text('root'),
    person: text('human') ?? text('person'),
    target: text('target') ?? text('audience'),
    method: text('method'),
    decision: text('decision'),
    code: text('code') ?? text('error'),
    status: text('event'),
  }
}

function ofCall(record: CallRecord): Filterable {
  const { outcome, method, decision, code, rule } = record
  const { spent, status, ms } = outcome
  const came = { status, ms, tokens: spent.tokens, cost: spent.cost_micros }
  return { ...placeOf(record), kind: 'call', method, decision, code, rule, ...came }
}

function placeOf({ ts: at, run, rid: hop, agent, human = null, target, depth }: CallRecord | IntentEntry) {
  return { at, run, hop, agent, person: human, target, depth }
}
