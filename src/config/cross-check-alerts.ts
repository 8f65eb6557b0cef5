/** Receivers of alerts: PagerDuty knows whom to tell by the integration key alone. */
import { valueAt } from './explain.ts'
import { rowsAt, textAt } from './plain.ts'
import type { Finding } from './problems.ts'

/** That of the Events API v2 has 32 characters; anything else is answered with 400. */
const routingKey_chars = 32

export function alertPairs(plain: unknown): readonly Finding[] {
  return rowsAt(plain, ['alerts', 'webhooks']).flatMap(([path]): readonly Finding[] => {
    const at = [...path, 'routing_key']
    const isPagerDuty = textAt(plain, [...path, 'shape']) === 'pagerduty'
    if (valueAt(plain, at) === undefined) {
      const expected = 'the integration key of a service, because shape is pagerduty'
      return isPagerDuty ? [{ path: at, message: 'is missing', expected }] : []
    }
    if (!isPagerDuty)
      return [{ path: at, atKey: true, message: 'is for PagerDuty', expected: 'shape: pagerduty beside it' }]
    const written = textAt(plain, at)
    if (written === '' || written.length === routingKey_chars) return []
    return [{ path: at, message: `has ${written.length} characters`, expected: 'an integration key of 32 characters' }]
  })
}
