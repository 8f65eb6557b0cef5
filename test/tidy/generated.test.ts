import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countingDice } from '../../src/base/dice.ts'
import { configurationReference, configurationSchema } from '../../src/config/reference.ts'
import { denialCodes } from '../../src/domain/denials.ts'
import { mintHopId } from '../../src/domain/mint-ids.ts'
import { denialsReference } from '../../src/protocol/denials-page.ts'
import { writeSentence } from '../../src/protocol/faces.ts'
import { root } from './source.ts'

test.each([
  ['config/weir.schema.json', configurationSchema],
  ['docs/reference/configuration.md', configurationReference],
  ['docs/reference/denials.md', denialsReference],
])('%s is what its table generates', (path, generate) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(generate())
})

test('the configuration has at most fourteen sections, and every key says what it means', () => {
  const page = configurationReference()
  expect(page.match(/^## /gm)?.length).toBeLessThanOrEqual(14)
  expect(page.split('\n').filter((line) => /\|\s+\|$/.test(line))).toEqual([])
})

test('a documented refusal is the sentence its caller reads', () => {
  const page = denialsReference()
  const ref = mintHopId(countingDice())
  const read = denialCodes.map((code) => writeSentence(code, ref).replace(ref, 'hop_...'))
  expect(read.filter((sentence) => !page.includes(`> ${sentence}\n`))).toEqual([])
})
