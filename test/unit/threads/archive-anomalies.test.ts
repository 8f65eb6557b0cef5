import { expect, test } from 'vitest'
import type { Alert } from '../../../src/observe/alert.ts'
import { anomaliesName, earOfAnomalies, openAnomaliesListener } from '../../../src/threads/archive-anomalies.ts'
import { call, hop } from '../ledger/entries.ts'

test('what is found on the archive thread arrives as an alert, over a clone of it', () => {
  const alerts: Alert[] = []
  const ear = earOfAnomalies((alert) => void alerts.push(alert))
  const setup = {
    cost_velocity: { factor: 5, floor_micros_per_min: 1 },
    repetition: { same_calls: 3, window_ms: 1000 },
    cooldown_ms: 1000,
  }
  const listener = openAnomaliesListener(structuredClone(setup), {
    tell: ({ name, value }) => {
      expect(name).toBe(anomaliesName)
      ear(structuredClone(value))
    },
  })
  listener.entries([1, 2, 3].map((nth) => ({ entry: call(hop(nth)) })))
  listener.tick()
  expect(listener.name).toBe(anomaliesName)
  expect(alerts).toMatchObject([{ kind: 'repetition', calls: 3 }])
})
