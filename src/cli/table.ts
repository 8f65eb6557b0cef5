/** Columns that line up, whatever the script and with or without colour. No borders, no truncation. */
import { stripVTControlCharacters } from 'node:util'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** Made when a text needs it, which takes longer than most commands need for all their texts. */
let graphemes: Intl.Segmenter | null = null
/** One cell each, and nothing that joins what is beside it. */
const plain = /^[ -~→…·]*$/
/** East Asian wide and fullwidth blocks and emoji take two cells in every terminal we know. */
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u

/** Cells a text takes on a terminal. */
export function cellsOf(text: string): number {
  const shown = stripVTControlCharacters(text)
  if (plain.test(shown)) return shown.length
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  let cells = 0
  for (const { segment } of graphemes.segment(shown)) cells += wide.test(segment) ? 2 : 1
  return cells
}

/** A table as lines that end in a line feed; the last column is never padded. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const all = [columns.map((column) => column.title), ...rows]
  const widths = columns.map((_column, at) => Math.max(...all.map((row) => cellsOf(row[at] ?? ''))))
  const line = (row: readonly string[]): string =>
    columns
      .map((column, at) => padded(row[at] ?? '', widths[at] ?? 0, column.align ?? 'left'))
      .join('  ')
      .trimEnd()
  return all.map((row) => `${line(row)}\n`).join('')
}

function padded(text: string, width: number, align: 'left' | 'right'): string {
  const gap = ' '.repeat(Math.max(0, width - cellsOf(text)))
  return align === 'right' ? gap + text : text + gap
}
