/** Where every admitted call ends: once, in one place, whatever happened to it. */
import { type AnyCall, targetName } from '../domain/call.ts'
import type { Outcome } from '../domain/record.ts'
import { nothingSpent, type Spend, type Spent } from '../domain/spend.ts'
import type { Metered, Used } from '../domain/usage.ts'
import { type Denial, deny, type Hop } from '../domain/verdict.ts'
import { writeDenial, writeSentence } from '../protocol/faces.ts'
import type { HeaderList, Reply } from '../protocol/http.ts'
import type { ExchangeOutcome } from '../relay/exchange.ts'
import { closeApproval } from './approve.ts'
import { billOfAgent, tellBeyond } from './bill.ts'
import type { Detour } from './detour.ts'
import { marks } from './marks.ts'
import type { Padding } from './padding.ts'
import type { Bill } from './price.ts'
import { type AnyVisit, elapsed_ms, leaveRecord, type Refusal, type Visit } from './visit.ts'

const statuses = { answered: 'answered', fault: 'failed', gone: 'aborted', halted: 'halted' } as const

/** What stands between an outcome and its caller. */
interface Between {
  readonly padding: Padding | null
  readonly detour: Detour | null
}

/** Gives back or books what the hop held, answers a unary caller, and leaves the record. */
export function settle(visit: Visit, hop: Hop, outcome: ExchangeOutcome, { padding, detour }: Between): void {
  const { road, call, run } = visit
  road.exchanges.end(hop.run.id, hop.id)
  blame(visit, hop, outcome)
  const goesOn = outcome.kind !== 'halted' && outcome.task?.open === true
  const server = hop.chain.at(-1)
  if (goesOn && run?.state === 'active' && call.target.kind === 'agent' && server) run.linger(hop.id, server)
  const bill = outcome.sent ? billOfAgent(visit, outcome) : null
  const spent = pay(visit, hop, outcome, bill)
  // A target that failed or was left alone may go on with its token; only one that has answered has done with it.
  if (outcome.kind === 'answered' && !outcome.task?.open && visit.delivery && run?.state === 'active')
    road.deliveries.giveBack(visit.delivery)
  if (call.operation === 'send' && outcome.fault && padding?.begun !== true) detour?.takes(outcome.fault)
  const leaves = detour?.taken === true
  const bytesOut =
    call.operation === 'send' && !leaves ? answer(visit, hop, { outcome, spent }, padding) : outcome.bytesOut
  recordOutcome(visit, { ...outcome, bytesOut, used: bill?.used ?? null }, spent, bill?.metered)
  if (!leaves) return
  padding?.stop()
  void detour?.go().catch((bug: unknown) => tellBug(visit, bug))
}

/** Marks in the run's graph what went wrong with a hop, if anything did. */
export function blame({ run }: AnyVisit, { id }: Hop<AnyCall>, { kind, fault, denial }: ExchangeOutcome): void {
  if (kind === 'fault') run?.blame(id, 'failed', fault?.code ?? null)
  if (kind === 'gone') run?.blame(id, 'failed', 'aborted')
  if (kind === 'halted') run?.blame(id, 'halted', denial?.code ?? null)
}

/** What may have reached the target has been paid for, by its bill where it has one; what has not is given back. */
export function pay(visit: AnyVisit, hop: Hop<AnyCall>, { sent }: ExchangeOutcome, bill: Bill | null = null): Spent {
  const { lease } = hop
  const spent: Spent = sent ? (bill?.spent ?? lease.reserved) : nothingSpent
  if (sent) lease.settle(spent)
  else lease.refund()
  if (sent && bill) tellBeyond(visit, hop, bill)
  closeApproval(visit, sent)
  return spent
}

/** The record of an exchange, and its denial counted. */
export function recordOutcome(
  visit: AnyVisit,
  outcome: ExchangeOutcome & { readonly used?: Used | null },
  spent: Spent = nothingSpent,
  metered: Metered | null = null,
): void {
  const seen: Outcome = {
    status: statuses[outcome.kind],
    fault: outcome.fault?.code ?? null,
    spent,
    bytes_in: visit.inbound.body.length,
    bytes_out: outcome.bytesOut,
    ms: elapsed_ms(visit),
    upstream_ms: outcome.upstream_ms,
    task: outcome.task?.id ?? null,
    ...(metered && { metered }),
    ...(outcome.used && { used: outcome.used }),
  }
  const { denial } = outcome
  const detail = outcome.fault?.detail ?? outcome.detail ?? denial?.detail ?? null
  const refusal: Refusal | null =
    denial || detail ? { code: denial?.code ?? null, detail: detail ?? '', rule: denial?.rule ?? null } : null
  leaveRecord(visit, refusal, seen)
  if (denial) visit.road.counts.denied(denial)
}

interface Paid {
  readonly outcome: ExchangeOutcome
  readonly spent: Spend
}

/** Writes the answer of a unary call; returns its size in bytes. */
function answer(visit: Visit, hop: Hop, { outcome, spent }: Paid, padding: Padding | null): number {
  padding?.stop()
  if (outcome.kind === 'gone') return 0
  const denial = outcome.denial ?? deny('upstream_unavailable', `no answer from ${targetName(hop.call.target)}`)
  if (!outcome.answer) tellRefusal(visit, hop, denial)
  const written = outcome.answer ?? writeDenial(denial, { call: hop.call, run: hop.run.id, alternatives: null })
  const { status, headers, body } = written
  if (padding?.begun) padding.end(body)
  else visit.reply.send(status, [...headers, ...marks(visit, hop, spent)], body)
  return Buffer.byteLength(body)
}

function tellRefusal({ reply }: Visit, { id, run }: Hop, denial: Denial): void {
  reply.refused?.(denial, { sentence: writeSentence(denial.code, id, null, denial), run: run.id })
}

/** A reply that adds headers of ours to what the relay writes; a function is asked when they leave. */
export function marked(reply: Reply, headersOf: HeaderList | (() => HeaderList)): Reply {
  const more = typeof headersOf === 'function' ? headersOf : () => headersOf
  return {
    send: (status, headers, body) => reply.send(status, [...headers, ...more()], body),
    begin: (status, headers) => reply.begin(status, [...headers, ...more()]),
    write: (chunk) => reply.write(chunk),
    end: () => reply.end(),
    cut: () => reply.cut(),
    onDrain: (handler) => reply.onDrain(handler),
    onGone: (handler) => reply.onGone(handler),
    refused: (denial, said) => reply.refused?.(denial, said),
    get closed() {
      return reply.closed
    },
    get buffered() {
      return reply.buffered
    },
  }
}

/** The relay tells outcomes from inside its client, which would swallow a Bug: here it is logged and the caller cut. */
export function guarded(visit: AnyVisit, work: () => void): void {
  try {
    work()
  } catch (error) {
    tellBug(visit, error)
  }
}

function tellBug({ road, call, reply }: AnyVisit, error: unknown): void {
  road.log.error('a bug while a hop was settled', { hop: call.id, error: String(error) })
  reply.cut()
}
