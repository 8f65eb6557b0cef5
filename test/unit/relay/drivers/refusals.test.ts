import { describe, expect, it } from 'vitest'
import { refusalOf } from '../../../../src/relay/drivers/refusals.ts'

describe('the status of a framework', () => {
  it.each([
    [400, -32602],
    [409, -32004],
    [413, -32602],
    [415, -32005],
    [422, -32602],
    [429, -32004],
  ])('%i is %i', (status, code) => {
    expect(refusalOf(status, {})).toMatchObject({ kind: 'agent_error', code })
  })

  it.each([200, 404, 500, 502, 503])('%i refuses nothing a caller could do better', (status) => {
    expect(refusalOf(status, {})).toBeNull()
  })

  it.each([
    ['7', '7s'],
    ['0.2', '1s'],
    ['999999999', '86400s'],
    ['-1', '1s'],
    ['Wed, 21 Oct 2026 07:28:00 GMT', '1s'],
    [undefined, '1s'],
  ])('a limit that lasts %s is told as %s', (header, delay) => {
    expect(refusalOf(429, { 'retry-after': header })?.data).toContain(`"retryDelay":"${delay}"`)
  })
})
