/** Entries of the ledger as events for those who watch it live; tokens and grants are nothing to watch. */
import type { LiveEvent, LiveTopic } from '../../domain/live-event.ts'
import type { CallRecord, LedgerEntry } from '../../domain/record.ts'
import { settledHop } from '../settled-hop.ts'

/** Limits have names of two parts: `run.depth_max`. */
const limitForm = /^(?:run|agent|team|person|tool)\.[a-z_]+$/

/** Null for what is not told. */
export function liveEventOf(seq: number, entry: LedgerEntry): LiveEvent | null {
  const { ts: at } = entry
  if (entry.kind === 'call') return { seq, at, topics: topicsOf(entry), kind: 'call', row: settledHop(entry, seq) }
  const told = toldOf(entry)
  return told && { seq, at, ...told }
}

type Told = Omit<Exclude<LiveEvent, { kind: 'call' }>, 'seq' | 'at'>

function toldOf(entry: Exclude<LedgerEntry, { kind: 'call' }>): Told | null {
  if (entry.kind === 'run') {
    const { run, event, root, human: person, ends_at, code, reason, actor } = entry
    const topics: readonly LiveTopic[] = event === 'halted' ? ['halts', 'runs'] : ['runs']
    return { topics, kind: 'run', row: { run, event, agent: root, root, person, ends_at, code, reason, actor } }
  }
  if (entry.kind === 'approval') {
    const { id, event, run, rid: hop, agent, human: person, target, method, reason, actor } = entry
    const row = { id, event, run, hop, agent, person, target, method, reason, actor }
    return { topics: ['approvals'], kind: 'approval', row }
  }
  if (entry.kind === 'tool') {
    const { server, tool, event, digest, classes, reason, actor } = entry
    const target = tool === null ? null : `tool:${server}/${tool}`
    return { topics: ['tools'], kind: 'tool', row: { target, event, digest, classes, reason, actor } }
  }
  if (entry.kind === 'card') {
    const { agent, event, digest, changes, reason, actor } = entry
    return { topics: ['agents'], kind: 'card', row: { agent, event, digest, changes, reason, actor } }
  }
  if (entry.kind === 'revocation') {
    const { what, name, lifted, contained, reason, actor, source } = entry
    const agent = what === 'agent' ? name : null
    return {
      topics: ['revocations'],
      kind: 'revocation',
      row: { what, name, agent, lifted, contained, reason, actor, source },
    }
  }
  return entry.kind === 'boot' ? { topics: ['health'], kind: 'boot', row: { boot: entry.boot } } : null
}

function topicsOf({ decision, rule, shadow, approval }: CallRecord): readonly LiveTopic[] {
  const isLimit = shadow.length > 0 || (rule !== null && limitForm.test(rule))
  const also = [
    decision === 'deny' && 'denials',
    isLimit && 'limits',
    approval !== null && approval !== undefined && 'approvals',
  ] as const
  return ['hops', ...also.flatMap((topic) => topic || [])]
}
