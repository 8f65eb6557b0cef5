import { expect, test } from 'vitest'
import { withoutName, withoutNames } from '../../../../src/ledger/vault/texts.ts'

const tomas = `user:~${'a'.repeat(26)}`
const orlov = `user:~${'b'.repeat(26)}`
const people = new Map([
  ['user:tomas', tomas],
  ['user:tomas.orlov', orlov],
  ['user:bo', `user:~${'c'.repeat(26)}`],
])
const known = (name: string): string | null => people.get(name) ?? null

test.each([
  ['tomas left', `${tomas} left`],
  ['Tomas, and TOMAS.', `${tomas}, and ${tomas}.`],
  ['user:tomas left', `${tomas} left`],
  ['by tomas.orlov', `by ${orlov}`],
  ['by tomas.other', `by ${tomas}.other`],
  ['mail of x.tomas@office', `mail of x.${tomas}@office`],
  ['tomasina stays', 'tomasina stays'],
  ['a bo', 'a bo'],
  ['user:ghost is nobody here', 'user:~unknown is nobody here'],
  [`${tomas} is one already`, `${tomas} is one already`],
  ['', ''],
])('in "%s" those who are known stand as pseudonyms', (text, without) => {
  expect(withoutNames(text, known)).toBe(without)
})

test('a text of nothing but names ends, however long it is', () => {
  const text = Array.from({ length: 100 }, () => 'tomas.a.b.c.d.e.f').join(' ')
  expect(withoutNames(text, known).startsWith(`${tomas}.a.b`)).toBe(true)
  expect(withoutNames('._@+-'.repeat(100), known)).toBe('._@+-'.repeat(100))
})

test('one name goes from a text, and everybody else stays', () => {
  expect(withoutName('Tomas and user:tomas with user:ana', 'user:tomas', tomas)).toBe(
    `${tomas} and ${tomas} with user:ana`,
  )
})
