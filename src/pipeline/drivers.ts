/** From the row of an agent to the driver that speaks to it: how, where, and what is made up for. Never on the way of a call. */
import type { Dice } from '../base/dice.ts'
import type { AgentSettings } from '../config/settings.ts'
import type { Driver } from '../relay/driver.ts'
import { openA2a, usualOptions } from '../relay/drivers/a2a.ts'
import { agentCoreHost } from '../relay/drivers/a2a-in-agentcore.ts'
import { openDriver } from '../relay/drivers/open.ts'
import type { Bench } from '../relay/exchange.ts'
import { withPolling } from '../relay/polling.ts'
import type { HealthBook } from '../relay/pool/health.ts'
import { poolOf } from '../relay/pool/pool.ts'
import { poolSettings } from '../relay/pool/settings.ts'
import { type AgentInterface, type Upstream, upstreamAt } from '../relay/wire/upstream.ts'
import type { UpstreamTls } from '../relay/wire/upstream-tls.ts'

/** What drivers are made with. */
export interface DriverWorld {
  readonly bench: Bench
  readonly dice: Dice
  readonly health: HealthBook
  /** What pseudonyms of people are made with, for platforms that want to tell users apart. */
  readonly salt: string
}

/** Null for an agent that cannot be called. The secrets of the operator's headers are read here, once. */
export function driverOf(settings: AgentSettings, tls: UpstreamTls | null, world: DriverWorld): Driver | null {
  const { instances } = settings
  const { bench, dice, health } = world
  if (instances.length === 0) return null
  const headers = settings.headers.map(([name, secret]) => [name, secret.reveal()] as const)
  const seats = instances.map(({ url, drain }) => {
    const upstream = upstreamAt(url, headers, interfacesOf(settings), tls)
    return { url, drain, driver: openOne(settings, upstream, world) }
  })
  const { clock, wheel } = bench
  return withPolling(poolOf(seats, poolSettings(settings), { clock, wheel, dice, health }), bench)
}

/** One instance of an agent: one that speaks A2A, or one of a framework. */
function openOne({ driver, streams }: AgentSettings, upstream: Upstream, { bench, dice, salt }: DriverWorld): Driver {
  if (driver.kind !== 'a2a') return openDriver(driver, upstream, { ...bench, dice, salt })
  const host = driver.aws && agentCoreHost(driver.aws, bench.clock)
  return openA2a(upstream, bench, { ...usualOptions, stream: streams, host })
}

/** The newest version first, and JSON-RPC before REST: what an agent prefers where its caller speaks neither. */
export function interfacesOf({
  interfaces,
  versions,
  bindings,
}: Pick<AgentSettings, 'interfaces' | 'versions' | 'bindings'>): readonly AgentInterface[] {
  const all: readonly AgentInterface[] =
    interfaces.length > 0
      ? interfaces
      : versions.flatMap((version) => bindings.map((binding) => ({ url: null, version, binding })))
  return all.toSorted(
    (one, other) => other.version.localeCompare(one.version) || one.binding.localeCompare(other.binding),
  )
}
