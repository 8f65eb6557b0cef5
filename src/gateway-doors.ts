/** The doors of a gateway: what its listeners are told, and what its operators may ask. */
import { agentRoutes } from './admin/agents.ts'
import { approvalRoutes } from './admin/approvals.ts'
import { healthRoutes } from './admin/health.ts'
import type { EventBus } from './admin/event-bus.ts'
import { eventRoutes } from './admin/events.ts'
import { findCallers } from './admin/callers.ts'
import { historyRoutes } from './admin/history.ts'
import { keyRoutes } from './admin/keys.ts'
import { withDescription } from './admin/openapi.ts'
import { peopleRoutes } from './admin/people.ts'
import { pushRoutes } from './admin/push.ts'
import { revocationRoutes } from './admin/revocations.ts'
import { modelsPrefix } from './edge/routes.ts'
import { type AnyRoute, serveAdmin } from './admin/routes.ts'
import { runRoutes } from './admin/runs.ts'
import { spendingRoutes } from './admin/spending.ts'
import { toolRoutes } from './admin/tools.ts'
import type { Settings } from './config/settings.ts'
import type { ListenerOptions } from './edge/contract.ts'
import { openListener } from './edge/listener.ts'
import type { Workshop } from './gateway-parts.ts'
import type { Keyring } from './identity/keys/keyring.ts'
import type { Registry } from './observe/metrics.ts'
import type { Ask } from './ledger/index/contract.ts'
import type { Road } from './pipeline/road.ts'
import { version } from './version.ts'

interface AdminParts {
  readonly road: Road
  readonly keys: Keyring
  readonly draining: { readonly yes: boolean }
  /** The page of metrics. */
  readonly page: Registry['render']
  /** The runs index; null where there is none. */
  readonly ask: Ask | null
  readonly live: EventBus
  readonly token: string
  readonly options: ListenerOptions
}

export function openAdmin(parts: AdminParts): ReturnType<typeof openListener> {
  const { road, token, options } = parts
  const routes = withDescription(adminRoutes(parts), version)
  return openListener(
    options,
    serveAdmin(
      routes,
      findCallers(token, () => road.snapshot.settings.gateway.admin_tokens),
    ),
  )
}

/** Everything operators may ask. */
export function adminRoutes({
  road,
  keys,
  draining,
  page,
  ask,
  live,
}: Omit<AdminParts, 'token' | 'options'>): readonly AnyRoute[] {
  const archive = { road, clock: road.clock, ask }
  return [
    ...historyRoutes(archive),
    ...runRoutes(road),
    ...spendingRoutes(archive),
    ...eventRoutes({ clock: road.clock, bus: live, people: road.ledger.people }),
    ...approvalRoutes(road),
    ...keyRoutes(road, keys),
    ...revocationRoutes(road),
    ...peopleRoutes(road),
    ...agentRoutes(road),
    ...pushRoutes(road),
    ...toolRoutes(road),
    ...healthRoutes({ road, draining: () => draining.yes, metrics: page }),
  ]
}

export function optionsOf(settings: Settings, which: 'listen' | 'admin_listen', workshop: Workshop): ListenerOptions {
  const { host, port } = settings.gateway[which]
  const { header_bytes, body_bytes, model_body_bytes, open_calls } = settings.maximums
  const { clock, dice, log } = workshop
  const onBug = (bug: unknown, id: string): void =>
    log.error(`a bug was answered with 500 ${id}`, { error: bug instanceof Error ? bug.stack : String(bug) })
  const { engine } = settings.gateway
  return {
    engine,
    host,
    port,
    tls: which === 'listen' ? settings.gateway.tls : null,
    header_bytes,
    body_bytes,
    ...(which === 'listen' && { bodies_below: { prefix: modelsPrefix, body_bytes: model_body_bytes } }),
    body_ms: settings.timeouts.body_ms,
    open_calls,
    clock,
    dice,
    onBug,
  }
}
