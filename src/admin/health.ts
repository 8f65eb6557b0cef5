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
    { method: 'GET', path: '/livez', open: true, answer: () => json(200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/readyz',
      open: true,
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
      open: true,
      answer: ({ accept = '*/*' }) => {
        const format = metricsFormat(accept)
        return { status: 200, headers: [['content-type', metricsTypes[format]]], body: metrics(format) }
      },
    },
  ]
}
