/** The metrics of the road: what is counted while calls go through, in one table. Base units, bounded labels. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { instances_max } from '../config/schema-instances.ts'
import { limitModes, limitNames } from '../config/schema-limits.ts'
import { ceilingRules } from '../domain/ceilings.ts'
import { denialCodes } from '../domain/denials.ts'
import type { Declared, MetricTable, Registry } from './metrics.ts'

const haltCodes = [...denialCodes, 'operator']

/** Kinds of traffic. */
const planes = ['a2a', 'mcp', 'llm'] as const

/** Of what is read and what is written, each token once. */
export const tokenKinds = ['input', 'cached', 'cache_write', 'output', 'reasoning'] as const

const targetKinds = ['agent', 'tool', 'server', 'model'] as const

/** How a call ended; the same words as in its record. */
const outcomes = ['refused', 'answered', 'failed', 'aborted', 'halted'] as const

/** How a call ended that was tried again; over_budget was not, although it could have been. */
const retryOutcomes = ['answered', 'failed', 'gone', 'over_budget'] as const

/** From 0, in the order of the configuration. */
const instancePlaces = Array.from({ length: instances_max }, (_, place) => String(place))

const lagStats = { p50: 50, p99: 99, max: 100 } as const

const gatewayMetrics = {
  requests: {
    type: 'counter',
    name: 'weir_requests_total',
    help: 'Calls that were read, by calling agent and how they ended.',
    labels: { plane: planes, agent: 'agent', outcome: outcomes },
  },
  denials: {
    type: 'counter',
    name: 'weir_denials_total',
    help: 'Refusals by code.',
    labels: { code: denialCodes },
  },
  overhead: {
    type: 'histogram',
    name: 'weir_overhead_seconds',
    help: 'Time the gateway added to a call, apart from its target, by kind of traffic.',
    labels: { plane: planes },
  },
  upstream: {
    type: 'histogram',
    name: 'weir_upstream_seconds',
    help: 'Time spent waiting for the target of a call, by kind of traffic.',
    labels: { plane: planes },
  },
  upstreamEjections: {
    type: 'counter',
    name: 'weir_upstream_ejections_total',
    help: 'Times that an instance was left alone because of its faults, by agent.',
    labels: { agent: 'agent' },
  },
  upstreamRetries: {
    type: 'counter',
    name: 'weir_upstream_retries_total',
    help: 'Calls that were tried again, by agent and how that ended.',
    labels: { agent: 'agent', outcome: retryOutcomes },
  },
  upstreamOutstanding: {
    type: 'gauge',
    name: 'weir_upstream_outstanding',
    help: 'Calls and streams open at an instance, by agent and place of the instance in its configuration.',
    labels: { agent: 'agent', instance: instancePlaces },
  },
  runsActive: { type: 'gauge', name: 'weir_runs_active', help: 'Runs that are open.', labels: {} },
  runsHalted: {
    type: 'counter',
    name: 'weir_runs_halted_total',
    help: 'Runs that were halted, by why.',
    labels: { code: haltCodes },
  },
  limitHits: {
    type: 'counter',
    name: 'weir_limit_hits_total',
    help: 'Calls that reached a limit, by limit and mode.',
    labels: { limit: [...limitNames, ...ceilingRules, 'maximums.chain'], mode: limitModes },
  },
  modelTokens: {
    type: 'counter',
    name: 'weir_model_tokens_total',
    help: 'Tokens of models as their providers count them, by provider and model in the configuration; each token in one kind.',
    labels: { provider: 'provider', model: 'model', kind: tokenKinds },
  },
  modelUnpriced: {
    type: 'counter',
    name: 'weir_model_unpriced_calls_total',
    help: 'Calls of models whose price nobody knows; their cost is missing in weir_cost_micros_total.',
    labels: { provider: 'provider', model: 'model' },
  },
  cost: {
    type: 'counter',
    name: 'weir_cost_micros_total',
    help: 'Micro-dollars that calls came to, by calling agent and kind of target.',
    labels: { agent: 'agent', kind: targetKinds },
  },
  deliveries: {
    type: 'counter',
    name: 'weir_delivery_cache_total',
    help: 'Delivery tokens that went out again, and those that had to be minted.',
    labels: { outcome: ['hit', 'miss'] },
  },
  streamsActive: { type: 'gauge', name: 'weir_streams_active', help: 'Streams that are open.', labels: {} },
  overshoot: {
    type: 'counter',
    name: 'weir_budget_overshoot_micros_total',
    help: 'Micro-dollars spent past a budget; must stay 0.',
    labels: {},
  },
  ledgerAppended: {
    type: 'counter',
    name: 'weir_ledger_appended_total',
    help: 'Entries handed to the ledger.',
    labels: {},
  },
  requestsOpen: { type: 'gauge', name: 'weir_requests_open', help: 'Requests that callers wait for.', labels: {} },
  proofQueue: {
    type: 'gauge',
    name: 'weir_proof_queue',
    help: 'Batches of signatures that wait for a thread.',
    labels: {},
  },
  ledgerLag: {
    type: 'gauge',
    name: 'weir_ledger_lag_entries',
    help: 'Entries that were handed to the ledger and are not safe on disk yet.',
    labels: {},
  },
  ledgerDurable: { type: 'counter', name: 'weir_ledger_durable_total', help: 'Entries safe on disk.', labels: {} },
  payloadsDropped: {
    type: 'counter',
    name: 'weir_payloads_dropped_total',
    help: 'Payloads the vault did not take because it was behind.',
    labels: {},
  },
  unrecorded: {
    type: 'counter',
    name: 'weir_calls_unrecorded_total',
    help: 'Refused calls whose record the ledger did not take; must stay 0.',
    labels: {},
  },
  indexBehind: {
    type: 'gauge',
    name: 'weir_index_behind_entries',
    help: 'Entries of the ledger that are on the disk for good and not in the runs index yet.',
    labels: {},
  },
  indexFailing: {
    type: 'gauge',
    name: 'weir_index_failing',
    help: '1 while the runs index cannot be written; calls go on.',
    labels: {},
  },
  ledgerFailing: { type: 'gauge', name: 'weir_ledger_failing', help: '1 while the ledger cannot write.', labels: {} },
  reloadSuccessful: {
    type: 'gauge',
    name: 'weir_config_last_reload_successful',
    help: '1 if the last configuration that was tried is in use.',
    labels: {},
  },
  configEpoch: { type: 'gauge', name: 'weir_config_epoch', help: 'Configurations taken into use.', labels: {} },
  alertsDead: {
    type: 'counter',
    name: 'weir_alerts_dead_total',
    help: 'Alerts that a webhook did not take, since its configuration was taken into use.',
    labels: {},
  },
  eventLoopLag: {
    type: 'gauge',
    name: 'weir_event_loop_lag_seconds',
    help: 'Delay of the main thread since the last reading of this page.',
    labels: { stat: Object.keys(lagStats) },
  },
  buildInfo: {
    type: 'gauge',
    name: 'weir_build_info',
    help: 'Always 1; the labels say what runs.',
    labels: { version: 'ours', node: 'ours', engine: ['uws', 'node'] },
  },
} as const satisfies MetricTable

export type GatewayMetrics = Declared<typeof gatewayMetrics>

/** Measures how late the main thread is. Readings start anew after each page, so a scrape sees its own window. */
export function watchEventLoop(metrics: GatewayMetrics): { stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  for (const [stat, percentile] of Object.entries(lagStats)) {
    metrics.eventLoopLag.child({ stat }).readFrom(() => {
      const lag_ns = delay.count === 0 ? 0 : delay.percentile(percentile)
      if (stat === 'max') delay.reset()
      return lag_ns / 1e9
    })
  }
  return { stop: () => void delay.disable() }
}

/**
 * The families of the table in `registry`, so that callers keep them and look up their children once. Halts and refusals
 * begin at 0: of a series that begins with 1, no scraper can say that it rose.
 */
export function declareGatewayMetrics(registry: Registry): GatewayMetrics {
  const metrics = registry.declare(gatewayMetrics)
  for (const code of haltCodes) metrics.runsHalted.child({ code })
  for (const code of denialCodes) metrics.denials.child({ code })
  return metrics
}
