import type { CallRecord } from '../domain/record.ts'
import type { HopRow } from '../domain/story.ts'

/** A call that is over as the runs index has it. */
export function settledHop(record: CallRecord, seq: number): HopRow {
  const { outcome } = record
  return {
    seq,
    id: record.rid,
    run: record.run,
    parent: record.parent_rid,
    origin: record.run_origin,
    agent: record.agent,
    person: record.human,
    target: record.target,
    method: record.method,
    dialect: record.dialect,
    depth: record.depth,
    at: record.ts,
    decision: record.decision,
    status: outcome.status,
    code: record.code,
    rule: record.rule,
    policies: record.policies,
    pol_hash: record.pol_hash,
    shadow: record.shadow,
    fault: outcome.fault,
    detail: record.detail,
    tokens: outcome.spent.tokens,
    cost_micros: outcome.spent.cost_micros,
    unpriced: outcome.spent.unpriced ?? 0,
    ms: outcome.ms,
    upstream_ms: outcome.upstream_ms,
  }
}
