/** The threat model is a table of attacks that are played: each has a number, and its tests are called by that number. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSource, root, sources } from './source.ts'

const page = readSource('docs/threat-model.md').text

/** What each numbered row names as its tests. */
const rows = new Map(
  [...page.matchAll(/^\| (\d+) \|.*\| ([^|]*) \|$/gm)].map(([, number, cell]) => [
    Number(number),
    [...(cell ?? '').matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map((found) => found[1] ?? ''),
  ]),
)

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n)

/** Attacks on identity, delegation and what they pay with. */
const required = [...range(1, 26), ...range(39, 44), 48, 53, ...range(56, 59)]

/** The numbers in the titles of a file: `test('threat 8: ...')`, `describe('threat 8: ...')`. */
function threatsIn(text: string): ReadonlySet<number> {
  return new Set([...text.matchAll(/['"`]threat (\d+): /g)].map((found) => Number(found[1])))
}

test('every attack on identity and delegation has its row, and no row stands twice', () => {
  expect([...rows.keys()]).toEqual(required)
  expect([...page.matchAll(/^\| (\d+) \|/gm)].map((found) => Number(found[1]))).toEqual(required)
})

describe.each([...rows])('row %i', (number, files) => {
  test('names tests that exist, one of them an attack under test/security', () => {
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([])
    expect(files.some((path) => path.startsWith('test/security/'))).toBe(true)
  })

  test('is played under its number in each of its tests under test/security', () => {
    const played = files.filter((path) => path.startsWith('test/security/') && existsSync(join(root, path)))
    expect(played.filter((path) => !threatsIn(readSource(path).text).has(number))).toEqual([])
  })
})

test('every number in the title of a test is that of a row which names the test', () => {
  const strays = sources('test/security/**/*.test.ts').flatMap(({ path, text }) =>
    [...threatsIn(text)].filter((number) => !rows.get(number)?.includes(path)).map((number) => `${path}: ${number}`),
  )
  expect(strays).toEqual([])
})
