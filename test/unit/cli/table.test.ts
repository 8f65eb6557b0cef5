/** Tables line up whatever is in them. */
import { expect, test } from 'vitest'
import { paintWith } from '../../../src/cli/paint.ts'
import { cellsOf, table } from '../../../src/cli/table.ts'

test('columns are as wide as their widest cell and lines have no spaces at the end', () => {
  const text = table(
    [{ title: 'NAME' }, { title: 'COST', align: 'right' }, { title: 'NOTE' }],
    [
      ['research', '$0.02', ''],
      ['x', '$12.00', 'late'],
    ],
  )
  expect(text).toBe('NAME        COST  NOTE\nresearch   $0.02\nx         $12.00  late\n')
})

test('colour takes no room', () => {
  expect(cellsOf(paintWith(true)('bad', 'halted'))).toBe(6)
})

test.each([
  ['agent', 5],
  ['日本', 4],
  ['é', 1],
  ['e\u0301', 1],
  ['🚀', 2],
  ['→', 1],
])('%s takes %i cells', (text, cells) => {
  expect(cellsOf(text)).toBe(cells)
})

test('a missing cell is an empty one', () => {
  expect(table([{ title: 'A' }, { title: 'B' }], [['1']])).toBe('A  B\n1\n')
})
