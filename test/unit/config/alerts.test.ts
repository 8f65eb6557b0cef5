import { expect, test } from 'vitest'
import { alertPairs } from '../../../src/config/cross-check-alerts.ts'
import { isLoaded, loadConfig } from '../../../src/config/load.ts'
import { tempConfig } from '../../support/temp-config.ts'

const key = 'r'.repeat(32)
const found = (webhook: object) => alertPairs({ alerts: { webhooks: [{ url: 'http://h/', ...webhook }] } })

test.each([
  ['ours needs nothing', {}],
  ['Slack needs nothing', { shape: 'slack' }],
  ['PagerDuty has its key', { shape: 'pagerduty', routing_key: key }],
])('%s', (_, webhook) => {
  expect(found(webhook)).toEqual([])
})

test.each([
  ['PagerDuty without a key', { shape: 'pagerduty' }, 'is missing'],
  ['a key for Slack', { shape: 'slack', routing_key: key }, 'is for PagerDuty'],
  ['a key that PagerDuty refuses', { shape: 'pagerduty', routing_key: 'secret-key' }, 'has 10 characters'],
])('%s is a mistake, and the key is not shown', (_, webhook, message) => {
  expect(found(webhook)).toMatchObject([{ path: ['alerts', 'webhooks', 0, 'routing_key'], message }])
  expect(JSON.stringify(found(webhook))).not.toMatch(/secret-key|rrr/)
})

test('a key is a secret, and anomalies have defaults', async () => {
  await using config = await tempConfig(
    `alerts: { webhooks: [{ url: "http://h/", shape: pagerduty, routing_key: "${key}" }] }`,
  )
  const loaded = await loadConfig(config.path)
  expect(isLoaded(loaded)).toBe(true)
  if (!isLoaded(loaded)) return
  const { webhooks, anomalies } = loaded.settings.alerts
  expect(webhooks[0]?.routingKey?.reveal()).toBe(key)
  expect(JSON.stringify(loaded.settings.alerts)).not.toContain(key)
  expect(anomalies.cost_velocity).toEqual({ factor: 5, floor_micros_per_min: 1_000_000 })
  expect(anomalies.repetition).toEqual({ same_calls: 20, window_ms: 60_000 })
})
