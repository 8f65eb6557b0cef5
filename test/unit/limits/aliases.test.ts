import { expect, test } from 'vitest'
import { Aliases } from '../../../src/limits/aliases.ts'

test('a name stays with the run it was said in first, until that forgets it', () => {
  const aliases = new Aliases<string>(4)
  aliases.bind('s1', 'one')
  aliases.bind('s1', 'two')
  expect(aliases.find('s1')).toBe('one')
  aliases.forget('one')
  expect(aliases.find('s1')).toBeUndefined()
  aliases.bind('s1', 'two')
  expect(aliases.find('s1')).toBe('two')
})

test('a run that has too many forgets the one that was not used for longest, and never one of another run', () => {
  const aliases = new Aliases<string>(2)
  aliases.bind('other', 'two')
  for (const name of ['session', 't1', 'session', 't2', 'session', 't3', 'session']) aliases.bind(name, 'one')
  expect(['other', 'session', 't1', 't2', 't3'].map((name) => aliases.find(name))).toEqual([
    'two',
    'one',
    undefined,
    undefined,
    'one',
  ])
  aliases.forget('one')
  aliases.forget('two')
  expect(aliases.size).toBe(0)
})
