import { expect, test } from 'vitest'
import { declareGatewayMetrics } from '../../../src/observe/gateway-metrics.ts'
import { Registry } from '../../../src/observe/metrics.ts'
import { poolReport, showOutstanding } from '../../../src/pipeline/pool-numbers.ts'
import { agentId } from '../../support/hop.ts'
import { at, newWork, PoolKit } from '../../support/pool-kit.ts'

const research = agentId('agent:research')

test('every outcome of a retry is a value of its label, and every instance a series', () => {
  const registry = new Registry()
  registry.knowAgents(['research'])
  const metrics = declareGatewayMetrics(registry)
  const report = poolReport(metrics)
  report.onEjected(research)
  for (const outcome of ['answered', 'failed', 'gone', 'over_budget'] as const) report.onRetried(research, outcome)
  const kit = new PoolKit(['http://a/', 'http://b/'])
  showOutstanding(metrics, kit.health, research, 2)
  kit.ask(newWork({ known: at('http://b/') }))
  const page = registry.render()
  expect(page).toContain('weir_upstream_ejections_total{agent="research"} 1')
  expect(page).toContain('weir_upstream_retries_total{agent="research",outcome="over_budget"} 1')
  expect(page).toContain('weir_upstream_outstanding{agent="research",instance="1"} 1')
  expect(page).not.toMatch(/weir_upstream_\w+\{[^}]*"other"/)
})
