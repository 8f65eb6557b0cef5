import { describe, expect, it } from 'vitest'
import { approvalOf } from '../../../../src/relay/drivers/approval.ts'

describe('an approval', () => {
  it.each(['yes', ' Y ', 'OK', 'Approved.', 'confirm!'])('is given by %j', (text) => {
    expect(approvalOf([{ kind: 'text', text }])).toEqual({ approve: true, reason: null })
  })

  it.each(['no', 'N', 'denied', 'Reject.'])('is refused by %j', (text) => {
    expect(approvalOf([{ kind: 'text', text }])).toEqual({ approve: false, reason: null })
  })

  it.each(['', 'yes but', 'not yes', 'yesterday', 'y\nn', '1', 'sure'])('is not guessed from %j', (text) => {
    expect(approvalOf([{ kind: 'text', text }])).toBeNull()
  })

  it('is taken from data before any text', () => {
    const data = { kind: 'data', data: { approve: false, reason: 'risky' } } as const
    expect(approvalOf([{ kind: 'text', text: 'yes' }, data])).toEqual({ approve: false, reason: 'risky' })
  })

  it.each([{ approve: 'true' }, { approve: 1 }, ['yes'], 'yes', null])('is not given by the data %j', (data) => {
    expect(approvalOf([{ kind: 'data', data }])).toBeNull()
  })
})
