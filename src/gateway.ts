/** The composition root of a running gateway: opens every part in order, and stops them in reverse. */
import { createBoard } from './base/board.ts'
import type { EventBus } from './admin/event-bus.ts'
import { adminToken } from './admin/token.ts'
import { addressUrl } from './config/fields.ts'
import type { Loaded } from './config/load.ts'
import { namedModels } from './config/settings-models.ts'
import { isListenFailure, type Listener } from './edge/contract.ts'
import { openListener } from './edge/listener.ts'
import { serveData } from './edge/routes.ts'
import {
  boardPlan,
  buildSnapshot,
  openCards,
  openConnector,
  openUsed,
  type StartProblem,
  startProblem,
  type Workshop,
} from './gateway-parts.ts'
import { ApiBook } from './gateway-apis.ts'
import { watchIndex } from './gateway-archive.ts'
import { openGround, type Start, type StartWord } from './gateway-ground.ts'
import { beginTelemetry } from './gateway-otlp.ts'
import { openModels } from './gateway-models.ts'
import { openLive } from './gateway-live.ts'
import { openAdmin, optionsOf } from './gateway-doors.ts'
import { openTools, type Tools } from './gateway-mcp.ts'
import { openRelay, paveRoad, watchNumbers } from './gateway-road.ts'
import { followAgain } from './gateway-tasks.ts'
import { declareGatewayMetrics, type GatewayMetrics } from './observe/gateway-metrics.ts'
import type { Log } from './observe/log.ts'
import { Registry } from './observe/metrics.ts'
import { poolReport, showOutstanding } from './pipeline/pool-numbers.ts'
import type { FrontRoad } from './pipeline/mcp/front/front-road.ts'
import type { Road, Snapshot } from './pipeline/road.ts'
import { HealthBook } from './relay/pool/health.ts'
import { limitSettings, rotationOf } from './pipeline/snapshot.ts'
import type { Serve } from './protocol/http.ts'
import { slugOf } from './domain/ids.ts'
import { openProofPool } from './threads/pool.ts'

export interface Gateway {
  readonly kind: 'gateway'
  readonly data: Listener
  readonly admin: Listener
  /** Takes other settings into use; false, with the reason in the log, keeps what is in force. */
  reload(loaded: Loaded): Promise<boolean>
  /** Says in log and metrics that a configuration did not hold, and why; what is in force stays. */
  keep(problems: string): void
  /** Stops accepting, waits for what is open up to `drain_ms`, then closes everything. */
  stop(): Promise<void>
}

const drainPoll_ms = 20

export async function startGateway(loaded: Loaded, log: Log, word: StartWord): Promise<Gateway | StartProblem> {
  const stack = new AsyncDisposableStack()
  try {
    const gateway = await openAll({ loaded, log, word }, stack)
    if (gateway.kind === 'start_problem') await stack.disposeAsync()
    return gateway
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function openAll(start: Start, stack: AsyncDisposableStack): Promise<Gateway | StartProblem> {
  const { loaded, log } = start
  const { settings } = loaded
  const ground = await openGround(start, stack)
  if (ground.kind === 'start_problem') return ground
  const { clock, secrets, ledger, outside, pins } = ground
  const { keys, revoked, dice, ...lasting } = secrets
  const pool = openProofPool({
    keySlot: keys.slot,
    onError: (error) => log.error(`proof pool: ${error.message}`),
  })
  stack.defer(() => pool.close())
  const board = createBoard({ ...boardPlan(settings), ...revoked.rows })
  const singleUse = openUsed(board, settings, { clock, dice })
  const relay = openRelay(settings, clock, stack)
  const registry = new Registry()
  const metrics = declareGatewayMetrics(registry)
  const health = new HealthBook(clock, poolReport(metrics))
  const models = openModels(relay.bench, { clock, dice, log })
  models.places.use(settings.models)
  const connector = openConnector(settings, { outside, clock, dice, log, seal: lasting.seal })
  const workshop: Workshop = {
    pool,
    keys,
    clock,
    dice,
    log,
    singleUse,
    relay,
    health,
    outside,
    connector,
    models,
    ...lasting,
    apis: new ApiBook(),
  }
  // Ports are taken before the snapshot is made, because the public URL may follow the port; until then all is 503.
  const late: { serve: Serve } = { serve: (_inbound, reply) => reply.send(503, [['retry-after', '1']], '') }
  const draining = { yes: false }
  const token = adminToken(settings.state.dir, dice)
  const page: Registry['render'] = (format) => registry.render(format)
  const serve: Serve = (inbound, reply) => late.serve(inbound, reply)
  const data = await openListener(optionsOf(settings, 'listen', workshop), serve)
  if (isListenFailure(data)) return startProblem(70, data.detail)
  stack.defer(() => data.close())
  const { listen, tls, public_url } = settings.gateway
  const url = public_url ?? addressUrl({ host: listen.host, port: data.port }, tls !== null)
  const snapshot = await buildSnapshot(workshop, loaded, url)
  if ('exit' in snapshot) return snapshot
  const cards = await openCards(workshop, snapshot, ledger)
  stack.defer(() => cards.close())
  const inForce: { road: Road | null } = { road: null }
  const tools = openTools(workshop, { lock: pins, ledger }, () => inForce.road?.snapshot ?? snapshot)
  stack.defer(() => tools.close())
  const road = paveRoad(workshop, snapshot, { ...ground, cards, board, metrics, revoked, tools })
  inForce.road = road
  late.serve = serveData(road, keys)
  followAgain(road)
  const live = openLive(road, draining, ground.index)
  const options = optionsOf(settings, 'admin_listen', workshop)
  const admin = await openAdmin({ road, keys, draining, page, ask: ground.index.ask, live, token, options })
  if (isListenFailure(admin)) return startProblem(70, admin.detail)
  stack.defer(() => admin.close())
  if (data.warning) log.warn(data.warning)
  watchNumbers(road, metrics, { engine: data.engine, keys, stack, open: () => data.open, queued: () => pool.queued })
  watchIndex(ground.index, metrics, road)
  if (ground.telemetry) beginTelemetry(ground.telemetry, { registry, clock, log, stack })
  knowAgents(snapshot, { registry, metrics, workshop })
  return gatewayOf({ road, data, admin, workshop, registry, metrics, draining, stack, live, tools })
}

/** Metrics speak only of agents that are known, and the book of their instances is never longer than their list. */
function knowAgents(
  { agents, settings: { models } }: Snapshot,
  { registry, metrics, workshop: { health } }: Pick<Running, 'registry' | 'metrics' | 'workshop'>,
): void {
  registry.knowAgents([...agents.keys()].map(slugOf))
  registry.knowModels(namedModels(models))
  health.keepOnly(new Set(agents.keys()))
  for (const [id, { settings }] of agents) showOutstanding(metrics, health, id, settings.instances.length)
}

interface Running {
  readonly road: FrontRoad
  readonly data: Listener
  readonly admin: Listener
  readonly workshop: Workshop
  readonly registry: Registry
  readonly metrics: GatewayMetrics
  readonly draining: { yes: boolean }
  readonly stack: AsyncDisposableStack
  readonly live: EventBus
  readonly tools: Tools
}

function gatewayOf(running: Running): Gateway {
  const { road, data, admin } = running
  return {
    kind: 'gateway',
    data,
    admin,
    reload: (loaded) => reload(running, loaded),
    keep: (problems) => keep(running, problems),
    async stop() {
      running.draining.yes = true
      data.stop()
      road.followers.letGo()
      running.live.close()
      const end = road.clock.monotonic() + road.snapshot.settings.timeouts.drain_ms
      const busy = (): boolean => data.open > 0 || road.runs.list().some((run) => run.open > 0)
      while (busy() && road.clock.monotonic() < end) await new Promise((resolve) => setTimeout(resolve, drainPoll_ms))
      // Before the listener goes, so that callers are told and not cut.
      road.fronts.close()
      await road.relay.close()
      await road.snapshot.alerts.close()
      await running.stack.disposeAsync()
    },
  }
}

/** Agents, limits, policies, identity and alerts are swapped as one; listeners, timeouts and maximums wait for a start. */
async function reload(running: Running, loaded: Loaded): Promise<boolean> {
  const { road, workshop, metrics } = running
  const before = road.snapshot
  // Every part that lives on counts with the maximums of the start, so the parts that are made anew do too.
  const settings = { ...loaded.settings, maximums: before.settings.maximums }
  const next = await buildSnapshot(workshop, { ...loaded, settings }, before.publicUrl)
  if ('exit' in next) {
    keep(running, next.text)
    return false
  }
  await road.cards.use(next.settings, next.alerts)
  road.limits.use(limitSettings(loaded.settings))
  knowAgents(next, running)
  road.snapshot = next
  workshop.models.places.use(next.settings.models)
  await running.tools.use(before)
  road.fronts.reloaded()
  workshop.keys.use(rotationOf(loaded.settings))
  metrics.reloadSuccessful.child({}).set(1)
  metrics.configEpoch.child({}).add(1)
  void before.alerts.close()
  road.log.info('configuration taken into use', { config: next.configHash, policy: next.policy.hash })
  return true
}

function keep({ road, metrics }: Running, problems: string): void {
  metrics.reloadSuccessful.child({}).set(0)
  road.log.error('the new configuration does not hold; the last good one stays', { problems })
}
