import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recover } from '../../../src/ledger/recover.ts'
import { segmentName } from '../../../src/ledger/segment.ts'
import { bootEntry, call, hop, intent } from './entries.ts'
import { segmentOf } from './segments.ts'
import { tempFolder } from './folder.ts'

const three = segmentOf([bootEntry('b1'), intent(hop(1)), call(hop(1))], 5)
const name = segmentName(5)

function folder(bytes: Buffer): string {
  const dir = tempFolder()
  writeFileSync(join(dir, name), bytes)
  return dir
}

test('a first start makes a folder that only the owner may enter and counts from one', () => {
  const dir = join(tempFolder(), 'ledger')
  expect(recover(dir)).toEqual({ next: 1, cuts: [] })
  expect(statSync(dir).mode & 0o777).toBe(0o700)
})

test('after an orderly stop nothing is touched and the numbers go on', () => {
  const dir = folder(three)
  expect(recover(dir)).toEqual({ next: 8, cuts: [] })
  expect(readFileSync(join(dir, name))).toEqual(three)
})

test('an unfinished frame at the end is cut off, kept beside the file, and named', () => {
  const dir = folder(three.subarray(0, -3))
  const whole = segmentOf([bootEntry('b1'), intent(hop(1))], 5)
  const { next, cuts } = recover(dir)
  expect({ next, cuts }).toEqual({ next: 7, cuts: [expect.stringContaining(`cut off at offset ${whole.length}`)] })
  expect(readFileSync(join(dir, name))).toEqual(whole)
  expect(readFileSync(join(dir, `${name}.${whole.length}.cut`))).toEqual(three.subarray(whole.length, -3))
  expect(recover(dir)).toEqual({ next: 7, cuts: [] })
})

test('a file whose header was not finished is set aside and its number used again', () => {
  const dir = folder(three.subarray(0, 30))
  expect(recover(dir)).toEqual({ next: 5, cuts: [expect.stringContaining('set aside')] })
  expect(readdirSync(dir)).toEqual([`${name}.0.cut`])
})

test('a file without entries makes room for the next one of the same number', () => {
  const dir = folder(segmentOf([], 5))
  expect(recover(dir)).toEqual({ next: 5, cuts: [] })
  expect(readdirSync(dir)).toEqual([])
})
