import { expect, test } from 'vitest'
import { createBoard, rowsOf } from '../../../src/base/board.ts'
import { Account, amountCeiling } from '../../../src/limits/account.ts'

function newAccount(): Account {
  return new Account(rowsOf(createBoard({ account: 1 }), 'account').longs, 0)
}

const noLimit = Number.POSITIVE_INFINITY

test('a budget is filled to the last unit and not beyond', () => {
  const account = newAccount()
  expect([account.reserve(60, 100, 0), account.reserve(41, 100, 0), account.reserve(40, 100, 0)]).toEqual([0, -1, 0])
  expect(account.held(0)).toBe(100)
})

test('a budget that is used up refuses a call without a price, too', () => {
  const account = newAccount()
  expect(account.reserve(0, 0, 0)).toBe(-1)
  account.reserve(100, 100, 0)
  expect(account.reserve(0, 100, 0)).toBe(-1)
})

test('settling books what was spent and gives back the rest', () => {
  const account = newAccount()
  account.reserve(60, 100, 0)
  account.settle({ reserved: 60, max: 100, period: 0 }, 25)
  expect([account.held(0), account.spent(0), account.overshoot]).toEqual([25, 25, 0])
})

test('what was spent beyond the limit is counted as overshoot and never held', () => {
  const account = newAccount()
  account.reserve(60, 100, 0)
  account.reserve(30, 100, 0)
  account.settle({ reserved: 60, max: 100, period: 0 }, 95)
  expect([account.held(0), account.spent(0), account.overshoot]).toEqual([100, 70, 25])
})

test('a new day starts at nothing, and yesterday settles in its own closed books', () => {
  const account = newAccount()
  expect(account.reserve(90, 100, 20_000)).toBe(20_000)
  expect(account.reserve(90, 100, 20_001)).toBe(20_001)
  account.settle({ reserved: 90, max: 100, period: 20_000 }, 500)
  expect([account.held(20_001), account.spent(20_001), account.overshoot]).toEqual([90, 0, 0])
  account.settle({ reserved: 90, max: 100, period: 20_001 }, 90)
  expect([account.held(20_001), account.spent(20_001)]).toEqual([90, 90])
})

test('a clock that is set back does not open yesterday again', () => {
  const account = newAccount()
  account.reserve(90, 100, 20_001)
  expect(account.reserve(11, 100, 20_000)).toBe(-1)
  expect(account.reserve(10, 100, 20_000)).toBe(20_001)
})

test('amounts beyond 32 bits are exact, and the ceiling of the cell is a limit of its own', () => {
  const account = newAccount()
  const most = amountCeiling - 5
  expect(account.reserve(most, noLimit, 131_071)).toBe(131_071)
  account.settle({ reserved: most, max: noLimit, period: 131_071 }, most - 2 ** 33)
  expect(account.held(131_071)).toBe(most - 2 ** 33)
  expect(account.reserve(2 ** 33 + 6, noLimit, 131_071)).toBe(-1)
})

test('giving back more than was taken is a bug, and so is half a token', () => {
  const account = newAccount()
  expect(() => account.settle({ reserved: 5, max: 9, period: 0 }, 0)).toThrow('gives back more')
  expect(() => account.reserve(0.5, 9, 0)).toThrow('whole number')
})
