/** The catalogue of refusals is a promise: every code is produced somewhere, and every sentence can be read. */
import { expect, test } from 'vitest'
import { type DenialCode, denialCodes, denials } from '../../src/domain/denials.ts'
import { countingDice } from '../../src/base/dice.ts'
import { mintHopId } from '../../src/domain/mint-ids.ts'
import { writeSentence } from '../../src/protocol/faces.ts'
import { sources } from './source.ts'

/** Codes whose part of the house is not built yet. */
const later: Readonly<Partial<Record<DenialCode, string>>> = {}

/** A code is produced where it is handed to `deny`, or stands in a table of refusals. */
function isProduced(code: string): boolean {
  const form = new RegExp(`(?:deny|refuse)\\(\\s*'${code}'|\\bcode: '${code}'|\\b\\w+: '${code}',`)
  return sources().some(({ path, text }) => path !== 'src/domain/denials.ts' && form.test(text))
}

test('every code is produced somewhere or belongs to a part that is named here', () => {
  expect(denialCodes.filter((code) => !(code in later) && !isProduced(code))).toEqual([])
})

test('no code is still named here that is produced by now', () => {
  expect(Object.keys(later).filter(isProduced)).toEqual([])
})

test.each(denialCodes)('%s says in at most 400 printable ASCII characters what was refused and what to do', (code) => {
  const names = Array.from({ length: 40 }, (_, at) => `agent:a-rather-long-name-${at}`)
  for (const alternatives of [null, [], names]) {
    const sentence = writeSentence(code, mintHopId(countingDice()), alternatives)
    expect(sentence).toMatch(/^[\x20-\x7e]{40,400}$/)
    expect(sentence).toMatch(new RegExp(`^\\[weir:${code}\\] .*ref hop_[0-9a-f]{16}$`))
  }
})

test.each(denialCodes)('%s has a status, a JSON-RPC code and advice that agree about a retry', (code) => {
  const { http, jsonrpc, retry, advice, meaning } = denials[code]
  expect([401, 402, 403, 404, 429, 502, 503]).toContain(http)
  expect(jsonrpc === 0).toBe(http === 401)
  expect(meaning).not.toBe('')
  if (retry === 'never') expect([402, 403, 404]).toContain(http)
  if (retry === 'after_wait') expect([429, 502, 503]).toContain(http)
  expect(advice).not.toMatch(/[.{}]$/)
})
