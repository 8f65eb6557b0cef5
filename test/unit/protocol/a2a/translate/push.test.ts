import { expect, test } from 'vitest'
import { pushFrom10, pushTo10 } from '../../../../../src/protocol/a2a/translate/push.ts'

const config = {
  taskId: 't',
  id: 'c1',
  url: 'https://example.com/hook',
  token: 'tok',
  authentication: { scheme: 'Bearer', credentials: 'cred' },
}
const nested = {
  id: 'c1',
  url: 'https://example.com/hook',
  token: 'tok',
  authentication: { schemes: ['Bearer'], credentials: 'cred' },
}

test('a config is flat in 1.0, nested in 0.3 and named by a path in its protobuf', () => {
  expect(pushFrom10(config, '1.0')).toBe(config)
  expect(pushFrom10(config, '0.3')).toEqual({ taskId: 't', pushNotificationConfig: nested })
  const named = { name: 'tasks/t/pushNotificationConfigs/c1', pushNotificationConfig: nested }
  expect(pushFrom10(config, '0.3-proto')).toEqual(named)
  expect(pushTo10(pushFrom10(config, '0.3'), '0.3')).toEqual(config)
  expect(pushTo10(named, '0.3-proto')).toEqual(config)
})

test('a bare config, as a message of 0.3 brings it along, is one without a task', () => {
  const { taskId: _, ...flat } = config
  expect(pushTo10(nested, '0.3')).toEqual(flat)
})

test('schemes beyond the first come back', () => {
  const two = { taskId: 't', pushNotificationConfig: { url: 'u', authentication: { schemes: ['Bearer', 'Basic'] } } }
  const flat = pushTo10(two, '0.3')
  expect(flat).toMatchObject({ authentication: { scheme: 'Bearer' } })
  expect(pushFrom10(flat ?? {}, '0.3')).toEqual(two)
  expect(pushFrom10(flat ?? {}, '1.0')).toEqual({ taskId: 't', url: 'u', authentication: { scheme: 'Bearer' } })
})

test('a config without an address is none', () => {
  expect(pushTo10({}, '1.0')).toBeNull()
  expect(pushTo10({ pushNotificationConfig: { url: '' } }, '0.3')).toBeNull()
  expect(pushTo10({ name: 'tasks/t/pushNotificationConfigs/c1', pushNotificationConfig: 7 }, '0.3-proto')).toBeNull()
})
