/** What pools of instances do, as metrics. */
import { type AgentId, slugOf } from '../domain/ids.ts'
import type { GatewayMetrics } from '../observe/gateway-metrics.ts'
import type { HealthBook } from '../relay/pool/health.ts'
import type { PoolReport } from '../relay/pool/settings.ts'

export function poolReport(metrics: GatewayMetrics): PoolReport {
  return {
    onEjected: (agent) => metrics.upstreamEjections.child({ agent: slugOf(agent) }).add(),
    onRetried: (agent, outcome) => metrics.upstreamRetries.child({ agent: slugOf(agent), outcome }).add(),
  }
}

/** Shows what is open at each of an agent's first `count` instances; to be told at the start and at each reload. */
export function showOutstanding(metrics: GatewayMetrics, health: HealthBook, agent: AgentId, count: number): void {
  for (let place = 0; place < count; place += 1) {
    const cell = metrics.upstreamOutstanding.child({ agent: slugOf(agent), instance: String(place) })
    cell.readFrom(() => health.outstandingAt(agent, place))
  }
}
