/** Authority only ever narrows: what a descendant may do, every ancestor may do, whatever was asked for on the way. */
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Authority } from '../../src/domain/authority.ts'
import { covers } from '../../src/domain/authority/covers.ts'
import { authorityHash } from '../../src/domain/authority/hash.ts'
import { intersect } from '../../src/domain/authority/intersect.ts'
import { isWider, narrower, requested } from '../../src/domain/authority/narrower.ts'
import { readDetails } from '../../src/domain/authority/read.ts'
import { authorityOf, callNear, Chance, edited } from './authority-maker.ts'

const roots = 100_000
const hops = 5
const seed = randomInt(0x7fff_ffff)

/** Says everything that is needed to see the failure again. */
function broken(law: string, facts: object): Error {
  return new Error(`${law} (seed ${seed}): ${JSON.stringify(facts)}`)
}

test('whatever is granted over five hops, no descendant may do what an ancestor may not', () => {
  const chance = new Chance(seed)
  const seen = { granted: 0, refused: 0, covered: 0, beyond: 0 }
  for (let root = 0; root < roots; root++) {
    const chain: Authority[] = [authorityOf(chance)]
    for (let hop = 0; hop < hops; hop++) {
      const held = chain.at(-1) ?? authorityOf(chance)
      const granted = grant(edited(held, chance), held, chance)
      if (granted === null) {
        seen.refused++
        continue
      }
      if (narrower(granted, held) !== null) throw broken('what is granted is narrower', { granted, held })
      seen.granted++
      chain.push(granted)
    }
    probe(chain, chance, seen)
  }
  // The law would hold of nothing as well, so each side of it must have been met often.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(roots / 10)
})

/** What comes back from a token that carries it. */
function reread({ scopes, details }: Authority): Authority {
  const read = details && readDetails(JSON.parse(JSON.stringify(details)))
  if (typeof read === 'string') throw broken(read, { details })
  return { scopes, details: read }
}

/** As the token endpoint grants it, or as it was asked for; null where that is wider. */
function grant(asked: Authority, held: Authority, chance: Chance): Authority | null {
  if (chance.once(2)) return narrower(asked, held) === null ? asked : null
  const granted = requested(asked, held)
  return isWider(granted) ? null : granted
}

/** Calls near the edge of the last of the chain and of the first. */
function probe(chain: readonly Authority[], chance: Chance, seen: { covered: number; beyond: number }): void {
  for (const near of [chain.at(-1), chain.at(-1), chain[0]]) {
    const call = callNear(near ?? authorityOf(chance), chance)
    const through = chain.map((authority) => covers(authority, call) === null)
    if (through.at(-1)) seen.covered++
    else if (through[0]) seen.beyond++
    const regained = through.findIndex((may, hop) => may && hop > 0 && !through[hop - 1])
    if (regained > 0) throw broken('no descendant may do what its parent may not', { chain, call, regained })
  }
}

test('what two authorities share is within both, and details share all that both allow', () => {
  const chance = new Chance(seed)
  let covered = 0
  for (let round = 0; round < 40_000; round++) {
    const a = reread(authorityOf(chance))
    const b = reread(chance.once(3) ? authorityOf(chance) : edited(a, chance))
    const both = intersect(a, b)
    const scoped = both.scopes !== null
    const reason = narrower(both, a) ?? narrower(both, b)
    if (reason !== null) throw broken(`the intersection is within both: ${reason}`, { a, b, both })
    if (authorityHash(reread(both)) !== authorityHash(both))
      throw broken('a token carries it unchanged', { a, b, both })
    for (const near of [a, both]) {
      const call = callNear(near, chance)
      const each = covers(a, call) === null && covers(b, call) === null
      const together = covers(both, call) === null
      if (together && !each) throw broken('both allow what the intersection allows', { a, b, both, call })
      if (together !== each && !scoped) throw broken('without scopes the intersection is exact', { a, b, both, call })
      if (each) covered++
    }
  }
  expect(covered).toBeGreaterThan(4_000)
})

test('every authority is within itself, and what a token carries reads back as the same authority', () => {
  const chance = new Chance(seed)
  for (let round = 0; round < 20_000; round++) {
    const authority = authorityOf(chance)
    const read = reread(authority)
    if (narrower(read, authority) ?? narrower(authority, read)) throw broken('reading keeps it', { authority })
    if (authorityHash(read) !== authorityHash(reread(read))) throw broken('reading is stable', { authority })
  }
})
