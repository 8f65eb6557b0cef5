/** The road of a running gateway: its parts joined, its numbers watched. */
import type { Board } from './base/board.ts'
import { BoundedMap } from './base/bounded-map.ts'
import type { Clock } from './base/clock.ts'
import { Wheel } from './base/wheel.ts'
import type { Settings } from './config/settings.ts'
import type { PlannedRevocations, Workshop } from './gateway-parts.ts'
import type { Keyring } from './identity/keys/keyring.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { Replayed } from './ledger/replay.ts'
import { Bench } from './limits/bench.ts'
import { Runs } from './limits/runs.ts'
import { type GatewayMetrics, watchEventLoop } from './observe/gateway-metrics.ts'
import { Approvals } from './pipeline/approvals.ts'
import type { Tools } from './gateway-mcp.ts'
import { Fronts } from './pipeline/mcp/front/fronts.ts'
import type { CardWatch } from './pipeline/cards/card-watch.ts'
import { Counts } from './pipeline/counts.ts'
import { Followers } from './pipeline/followers.ts'
import { Deliveries } from './pipeline/deliveries.ts'
import { Exchanges } from './pipeline/exchanges.ts'
import { stopEnded } from './pipeline/halt.ts'
import { recover } from './pipeline/recover.ts'
import type { FrontRoad } from './pipeline/mcp/front/front-road.ts'
import type { Road, Snapshot } from './pipeline/road.ts'
import { runEntry } from './pipeline/run-entry.ts'
import { limitSettings } from './pipeline/snapshot.ts'
import { Relay } from './relay/relay.ts'
import { Transport } from './relay/wire/transport.ts'
import type { Tasks } from './tasks/contract.ts'
import { version } from './version.ts'

const sweep_ms = 1000
/** Names of models come from callers too; those that reasoned least lately are forgotten. */
const reasoners_max = 4096
/** Papers of calls whose tasks may still be asked about; the agents concerned are few. */
const papers_max = 4096

/** What speaks to agents. It is there before the settings are, which name the agents. */
export function openRelay({ maximums, timeouts }: Settings, clock: Clock, stack: AsyncDisposableStack): Relay {
  const wheel = new Wheel(clock)
  stack.defer(() => wheel.stop())
  const transport = new Transport(
    { ...timeouts, connections: maximums.open_calls, header_bytes: maximums.header_bytes },
    wheel,
  )
  stack.defer(() => transport.close())
  const relay = new Relay({ transport, wheel, clock, settings: { ...timeouts, ...maximums, recover_tries } })
  return relay
}

/** How often in a row a stream that was lost is looked for again. */
const recover_tries = 3

interface Laid {
  readonly cards: CardWatch
  readonly ledger: Ledger
  readonly replayed: Replayed
  readonly tasks: Tasks
  readonly board: Board
  readonly boot: string
  readonly metrics: GatewayMetrics
  readonly revoked: PlannedRevocations
  readonly tools: Pick<Tools, 'openBehind' | 'catalogue' | 'lend' | 'isForeign'>
}

/** Puts back what the ledger remembers and joins the parts of the road. */
export function paveRoad(workshop: Workshop, snapshot: Snapshot, laid: Laid): FrontRoad {
  const { clock, dice, log } = workshop
  const { cards, ledger, replayed, board, boot, metrics, revoked } = laid
  const { settings } = snapshot
  const { maximums } = settings
  const limits = new Bench(board, limitSettings(settings), maximums)
  const runs = new Runs(board, limits, dice)
  const { runs: restored, problems } = recover(replayed, { runs, limits }, settings, clock.now())
  for (const problem of problems) log.warn(`ledger: ${problem}`)
  if (restored > 0) log.info('open runs were put back', { runs: restored })
  ledger.append({ v: 1, ts: clock.now(), kind: 'boot', boot, gw: snapshot.publicUrl, pid: process.pid })
  const deliveries = new Deliveries()
  runs.onEnded = (run, why) => {
    deliveries.forget(run.id)
    ledger.append(runEntry(run, 'ended', clock.now(), why))
  }
  return {
    clock,
    dice,
    snapshot,
    runs,
    limits,
    revocations: revoked.open(board),
    cards,
    ledger,
    relay: workshop.relay,
    models: workshop.models.relay,
    responses: new BoundedMap({ max: maximums.model_responses }),
    reasoners: new BoundedMap({ max: reasoners_max }),
    exchanges: new Exchanges(),
    deliveries,
    tasks: laid.tasks,
    followers: new Followers(),
    judgeWebhook: (url) => workshop.outside.judge(url),
    nextEvent: eventNumbers(clock),
    papers: new BoundedMap({ max: papers_max }),
    counts: new Counts(metrics),
    log,
    approvals: new Approvals(maximums.approvals),
    sessions: workshop.sessions,
    openBehind: laid.tools.openBehind,
    lend: laid.tools.lend,
    isForeign: laid.tools.isForeign,
    catalogue: laid.tools.catalogue,
    fronts: new Fronts(
      workshop.mcpSecret,
      { clock, dice, bench: workshop.relay.bench, version },
      { ...settings.maximums, ...settings.timeouts },
    ),
    connector: workshop.connector,
  }
}

/** Microseconds since the epoch at the start, then one more for each: greater than every number of an earlier start. */
function eventNumbers(clock: Clock): () => number {
  let last = Math.floor(clock.now() * 1000)
  return () => (last += 1)
}

interface Watched {
  readonly engine: 'uws' | 'node'
  readonly keys: Keyring
  readonly stack: AsyncDisposableStack
  /** Requests that callers wait for, and batches of signatures that wait for a thread. */
  readonly open: () => number
  readonly queued: () => number
}

/** Shows what the parts count, and does once a second what is due. */
export function watchNumbers(
  road: Road,
  metrics: GatewayMetrics,
  { engine, keys, stack, open, queued }: Watched,
): void {
  const { ledger, runs, exchanges, clock } = road
  metrics.requestsOpen.child({}).readFrom(open)
  metrics.proofQueue.child({}).readFrom(queued)
  metrics.runsActive.child({}).readFrom(() => runs.active)
  metrics.streamsActive.child({}).readFrom(() => exchanges.streams + road.followers.open)
  metrics.ledgerAppended.child({}).readFrom(() => ledger.appended)
  metrics.ledgerDurable.child({}).readFrom(() => ledger.durable)
  metrics.ledgerLag.child({}).readFrom(() => ledger.appended - ledger.durable)
  metrics.payloadsDropped.child({}).readFrom(() => ledger.people.dropped)
  metrics.ledgerFailing.child({}).readFrom(() => (ledger.health().state === 'ok' ? 0 : 1))
  metrics.overshoot.child({}).readFrom(() => runs.list().reduce((sum, run) => sum + run.overshoot.cost_micros, 0))
  metrics.alertsDead.child({}).readFrom(() => road.snapshot.alerts.dead)
  metrics.reloadSuccessful.child({}).set(1)
  metrics.configEpoch.child({}).set(1)
  metrics.buildInfo.child({ version, node: process.version, engine }).set(1)
  const lag = watchEventLoop(metrics)
  stack.defer(() => lag.stop())
  const sweeping = setInterval(() => {
    for (const run of runs.sweep(clock.now())) stopEnded(road, run)
    road.approvals.sweep()
    road.tasks.sweep(clock.now())
    road.cards.sweep()
    keys.sweep()
  }, sweep_ms)
  stack.defer(() => clearInterval(sweeping))
}
