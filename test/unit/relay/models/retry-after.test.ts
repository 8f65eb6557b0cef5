import { expect, test } from 'vitest'
import { retryAfterOf } from '../../../../src/relay/models/retry-after.ts'

const now = Date.parse('Sat, 28 Nov 2026 12:00:00 GMT')

test.each([
  [{ 'retry-after': '2' }, 2000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': 'Sat, 28 Nov 2026 12:00:07 GMT' }, 7000],
  [{ 'retry-after': 'Sat, 28 Nov 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '20.5', 'retry-after': '9' }, 20.5],
  [{ 'retry-after-ms': 'soon', 'retry-after': '9' }, 9000],
  [{ 'retry-after': '-1' }, null],
  [{ 'retry-after': '1, 2' }, null],
  [{ 'retry-after': '99999999999999' }, null],
  [{ 'retry-after': 'Infinity' }, null],
  [{ 'retry-after': '' }, null],
  [{}, null],
] as const)('%j is a wait of %s ms', (head, wait_ms) => {
  expect(retryAfterOf(head, now)).toBe(wait_ms)
})
