/** Carries an admitted hop to its target and settles it when it is over, whatever happens: once, in one place. */
import { targetName } from '../domain/call.ts'
import type { Outcome } from '../domain/record.ts'
import { nothingSpent } from '../domain/spend.ts'
import { type Denial, deny, type Hop, type Overruled } from '../domain/verdict.ts'
import { writeDenial } from '../protocol/faces.ts'
import { headersUpwards } from '../protocol/headers.ts'
import type { HeaderList, Reply } from '../protocol/http.ts'
import { sendWritten } from '../protocol/jsonrpc.ts'
import type { Errand, Exchange, ExchangeOutcome, Upstream } from '../relay/exchange.ts'
import { closeApproval } from './approve.ts'
import { refuse } from './refuse.ts'
import { watch } from './standing.ts'
import { taintOfAnswer, taintRun } from './taint.ts'
import { elapsed_ms, endIfOpenedFor, leaveRecord, partyOf, unsent, type Visit } from './visit.ts'

/** What the hop shows its target. */
export type Papers = Pick<Errand, 'delivery' | 'credential'>

/** The hop is on its way; everything that follows is told by the relay. */
export function send(visit: Visit, hop: Hop, upstream: Upstream, papers: Papers): void {
  const { road, reply, inbound } = visit
  const party = partyOf(visit, hop.principal)
  road.conversations.use(hop.call, party)
  const stands = watch(road, hop)
  const underway: { exchange: Exchange | null } = { exchange: null }
  // A caller may go on with a task as soon as it hears of it, also while its stream is open.
  const standing = (): Denial | null => {
    const id = underway.exchange?.taskId ?? null
    if (id !== null) road.conversations.tell(hop.call, { id, contextId: null }, party)
    return stands()
  }
  const onAnswer = (): void => taintByAnswer(visit)
  const errand = { upstream, ...papers, headers: headersUpwards(inbound.headers), standing, onAnswer }
  const done = (outcome: ExchangeOutcome): void => guarded(visit, () => settle(visit, hop, outcome))
  const streaming = hop.call.operation === 'stream'
  const exchange = streaming
    ? road.relay.sendStream(hop, errand, marked(reply, marks(hop)), done)
    : road.relay.sendUnary(hop, errand, done)
  underway.exchange = exchange
  road.exchanges.begin({ hop, streaming, halt: (denial) => exchange.halt(denial) })
  if (!streaming) reply.onGone(() => exchange.abort('gone'))
  for (const overruled of hop.lease.overruled) tellOverruled(visit, overruled)
}

/** Before the first byte of an answer is handed on: whoever reads it may be steered by it. */
function taintByAnswer({ road, snapshot, run, call }: Visit): void {
  const taint = taintOfAnswer(snapshot, call.target)
  if (run) taintRun(road, run, taint, { actor: 'weir', reason: `${targetName(call.target)} answered in it` })
}

/** A limit let the call through that it would have refused: counted always, said once a run where it warns. */
function tellOverruled({ road, run }: Visit, overruled: Overruled): void {
  const { mode, rule, detail } = overruled
  road.counts.limit(overruled, mode)
  if (run && rule !== null && mode === 'warn' && run.warnsFirst(rule))
    road.log.warn(`${run.id} went past ${rule}, which warns: ${detail}`, { run: run.id, rule })
}

/** Gives back what a hop holds that never left, and tells its caller why. */
export async function giveBack(visit: Visit, hop: Hop, denial: Denial): Promise<void> {
  hop.lease.refund()
  closeApproval(visit, false)
  await refuse(visit, denial)
}

/** Gives back what a hop holds that never left, and leaves its record; nobody waits for an answer. */
export function abandon(visit: Visit, hop: Hop, why: { status: 'aborted' | 'failed'; detail: string }): void {
  const { run } = visit
  const outcome = unsent(visit, why.status, 0)
  run?.blame(hop.id, 'failed', 'aborted')
  hop.lease.refund()
  closeApproval(visit, false)
  leaveRecord(visit, { code: null, detail: why.detail, rule: null }, outcome)
  endIfOpenedFor(visit)
}

const statuses = { answered: 'answered', fault: 'failed', gone: 'aborted', halted: 'halted' } as const

function settle(visit: Visit, hop: Hop, outcome: ExchangeOutcome): void {
  const { road, call, run } = visit
  road.exchanges.end(hop.run.id, hop.id)
  if (outcome.task) road.conversations.tell(call, outcome.task, partyOf(visit, hop.principal))
  if (outcome.kind === 'fault') run?.blame(hop.id, 'failed', outcome.fault?.code ?? null)
  if (outcome.kind === 'gone') run?.blame(hop.id, 'failed', 'aborted')
  if (outcome.kind === 'halted') run?.blame(hop.id, 'halted', outcome.denial?.code ?? null)
  const goesOn = outcome.kind !== 'halted' && outcome.task?.open === true
  const server = hop.chain.at(-1)
  if (goesOn && run?.state === 'active' && call.target.kind === 'agent' && server) run.linger(hop.id, server)
  // What may have reached the target has been paid for; what has not is given back.
  if (outcome.sent) hop.lease.settle(hop.lease.reserved)
  else hop.lease.refund()
  closeApproval(visit, outcome.sent)
  // A target that failed or was left alone may go on with its token; only one that has answered has done with it.
  if (outcome.kind === 'answered' && !outcome.task?.open && visit.delivery && run?.state === 'active')
    road.deliveries.giveBack(visit.delivery)
  const bytesOut = call.operation === 'send' ? answer(visit, hop, outcome) : outcome.bytesOut
  const seen: Outcome = {
    status: statuses[outcome.kind],
    fault: outcome.fault?.code ?? null,
    spent: outcome.sent ? hop.lease.reserved : nothingSpent,
    bytes_in: visit.inbound.body.length,
    bytes_out: bytesOut,
    ms: elapsed_ms(visit),
    upstream_ms: outcome.upstream_ms,
    task: outcome.task?.id ?? null,
  }
  const { denial } = outcome
  const detail = outcome.fault?.detail ?? outcome.detail ?? denial?.detail ?? null
  const refusal =
    denial || detail ? { code: denial?.code ?? null, detail: detail ?? '', rule: denial?.rule ?? null } : null
  leaveRecord(visit, refusal, seen)
  if (denial) road.counts.denied(denial)
}

/** Writes the answer of a unary call; returns its size in bytes. */
function answer(visit: Visit, hop: Hop, outcome: ExchangeOutcome): number {
  if (outcome.kind === 'gone') return 0
  const denial = outcome.denial ?? deny('upstream_unavailable', `no answer from ${targetName(hop.call.target)}`)
  const written = outcome.answer ?? writeDenial(denial, { call: hop.call, run: hop.run.id, alternatives: null })
  sendWritten(visit.reply, written, marks(hop))
  return written.body.length
}

/** How a caller learns which run and hop this was. */
function marks(hop: Hop): HeaderList {
  return [
    ['weir-run-id', hop.run.id],
    ['weir-hop-id', hop.id],
  ]
}

/** A reply that adds headers of ours to what the relay writes. */
function marked(reply: Reply, more: HeaderList): Reply {
  return {
    send: (status, headers, body) => reply.send(status, [...headers, ...more], body),
    begin: (status, headers) => reply.begin(status, [...headers, ...more]),
    write: (chunk) => reply.write(chunk),
    end: () => reply.end(),
    cut: () => reply.cut(),
    onDrain: (handler) => reply.onDrain(handler),
    onGone: (handler) => reply.onGone(handler),
    get closed() {
      return reply.closed
    },
    get buffered() {
      return reply.buffered
    },
  }
}

/** The relay tells outcomes from inside its client, which would swallow a Bug: here it is logged and the caller cut. */
function guarded(visit: Visit, work: () => void): void {
  try {
    work()
  } catch (error) {
    visit.road.log.error('a bug while a hop was settled', { hop: visit.call.id, error: String(error) })
    visit.reply.cut()
  }
}
