/** Health for supervisors and load balancers, and the page Prometheus reads. Open to every process on this host. */
import { metricsFormat, metricsTypes } from '../observe/metrics-text.ts'
import type { Registry } from '../observe/metrics.ts'
import type { Road } from '../pipeline/road.ts'
import { json, type Route } from './routes.ts'

export interface Health {
  readonly road: Road
  readonly draining: () => boolean
  /** The metrics page. */
  readonly metrics: Registry['render']
}

export function healthRoutes({ road, draining, metrics }: Health): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/livez',
      may: 'open',
      summary: 'It is alive',
      answers: 'Health',
      answer: () => json(200, { status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      may: 'open',
      summary: 'It takes calls; 503 where it does not',
      answers: 'Health',
      answer: () => {
        const ledger = road.ledger.health().state === 'ok'
        const checks = { ledger, tasks: road.tasks.health() === null, accepting: !draining() }
        const ready = Object.values(checks).every(Boolean)
        return json(ready ? 200 : 503, {
          status: ready ? 'ready' : 'not_ready',
          checks,
          config: road.snapshot.configHash,
        })
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      may: 'open',
      summary: 'The page Prometheus reads',
      answers: null,
      answer: ({ headers }) => {
        const format = metricsFormat(headers.get('accept') ?? '*/*')
        return { status: 200, headers: [['content-type', metricsTypes[format]]], body: metrics(format) }
      },
    },
  ]
}
