/**
 * Entries as OCSF events (Open Cybersecurity Schema Framework 1.6): calls and what operators did as API Activity (6003),
 * tokens as Authorize Session (3003). What OCSF has no word for stands in `unmapped`, under our own names.
 */
import type { CallRecord, GrantEntry, LedgerEntry, Numbered } from '../../domain/record.ts'

type OcsfEvent = Readonly<Record<string, unknown>>

const apiActivity = { category_uid: 6, class_uid: 6003 }
const authorizeSession = { category_uid: 3, class_uid: 3003 }
/** Activities of the class, by what a method does as far as its name says. */
const activities = { read: 2, other: 99 } as const
/** Informational, low, medium, high. */
const severities = { call: 1, failed: 2, refused: 3, halted: 4 } as const
const statusIds = { success: 1, failure: 2 } as const

export function ocsfOf({ seq, boot, entry }: Numbered, version: string): OcsfEvent {
  const metadata = {
    version: '1.6.0',
    uid: `${boot}:${seq}`,
    sequence: seq,
    log_name: 'weir.ledger',
    product: { name: 'Weir', vendor_name: 'Weir', version },
    ...('run' in entry && entry.run !== null && { correlation_uid: entry.run }),
  }
  if (entry.kind === 'call') return { ...ofCall(entry), metadata }
  if (entry.kind === 'grant') return { ...ofGrant(entry), metadata }
  return { ...ofOther(entry), metadata }
}

function ofCall(record: CallRecord): OcsfEvent {
  const { outcome, decision, code, target, method, agent, human, chain, depth, rule, policies } = record
  const done = decision === 'allow' && outcome.status === 'answered'
  const activity_id = /\b(get|list|read)\b/i.test(method) ? activities.read : activities.other
  return {
    ...apiActivity,
    activity_id,
    type_uid: apiActivity.class_uid * 100 + activity_id,
    time: record.ts,
    severity_id: severityOf(record),
    status_id: done ? statusIds.success : statusIds.failure,
    status: outcome.status,
    ...(code !== null && { status_code: code }),
    duration: Math.round(outcome.ms),
    actor: { app_uid: agent ?? 'unknown', ...(human !== null && { user: { uid: human, type: 'User', type_id: 1 } }) },
    api: { operation: method, service: { name: record.dialect }, request: { uid: record.rid } },
    resources: [{ uid: target, type: target.split(':')[0] ?? '' }],
    src_endpoint: { uid: agent ?? 'unknown' },
    unmapped: {
      chain,
      depth,
      rule,
      policies,
      pol_hash: record.pol_hash,
      spent: outcome.spent,
      parent: record.parent_rid,
    },
  }
}

function severityOf({ outcome, decision }: CallRecord): number {
  if (outcome.status === 'halted') return severities.halted
  if (decision === 'deny') return severities.refused
  return outcome.status === 'failed' ? severities.failed : severities.call
}

function ofGrant(grant: GrantEntry): OcsfEvent {
  const activity_id = grant.decision === 'allow' ? 1 : activities.other
  return {
    ...authorizeSession,
    activity_id,
    type_uid: authorizeSession.class_uid * 100 + activity_id,
    time: grant.ts,
    severity_id: grant.decision === 'allow' ? severities.call : severities.refused,
    status_id: grant.decision === 'allow' ? statusIds.success : statusIds.failure,
    ...(grant.error !== null && { status_code: grant.error }),
    user: { uid: grant.person ?? grant.agent ?? 'unknown' },
    privileges: grant.scope === null ? [] : grant.scope.split(' '),
    unmapped: { agent: grant.agent, audience: grant.audience, grant: grant.grant, jti: grant.jti },
  }
}

function ofOther(entry: Exclude<LedgerEntry, CallRecord | GrantEntry>): OcsfEvent {
  const { kind, ts, ...rest } = entry
  const event = 'event' in entry ? `.${entry.event}` : ''
  const actor = 'actor' in entry && typeof entry.actor === 'string' ? entry.actor : 'weir'
  const isAlarm = kind === 'revocation' || (kind === 'run' && 'event' in entry && entry.event === 'halted')
  return {
    ...apiActivity,
    activity_id: activities.other,
    type_uid: apiActivity.class_uid * 100 + activities.other,
    time: ts,
    severity_id: isAlarm ? severities.halted : severities.call,
    status_id: statusIds.success,
    actor: { app_uid: actor },
    api: { operation: `weir.${kind}${event}` },
    src_endpoint: { uid: actor },
    unmapped: rest,
  }
}
