/**
 * Text that others wrote and that people and language models will read: nothing in it that they do not see, no markup,
 * no addresses. What is left is one line of visible characters in composed form (NFC).
 */

/** Controls, zero-width and bidirectional characters, tags, private use, lone surrogates. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu
const rules: readonly (readonly [pattern: RegExp, by: string])[] = [
  // Images and links of Markdown keep their words.
  [/!?\[([^\]]{0,500})\]\([^)]{0,2000}\)/g, '$1'],
  [/<!--.*?(?:-->|$)/g, ' '],
  [/<\/?[a-z!?][^<>]*>/gi, ' '],
  [/\b[a-z][a-z0-9+.-]{0,31}:\/\/\S*/gi, ''],
  [/\b(?:data|javascript):\S*/gi, ''],
  [/[<>`|]+/g, ''],
  [/(?:^|(?<=\s))(?:#{1,6}|[*_~=-]{3,})(?=\s|$)/g, ''],
  [/\*{2,}|_{2,}|~{2,}/g, ''],
]

/** Rewriting may bring together what stood apart, so it goes on until nothing changes, at most so often. */
const rounds_max = 8

/** At most `chars_max` characters; '' where nothing is left. */
export function cleanText(text: string, chars_max: number): string {
  // Longer than this it would be cut anyway, and the patterns below stay cheap.
  let clean = onOneLine(text.slice(0, chars_max * 4))
  for (let round = 0; round < rounds_max; round += 1) {
    const next = onOneLine(rules.reduce((said, [pattern, by]) => said.replace(pattern, by), clean))
    if (next === clean) break
    clean = next
  }
  return clean
    .slice(0, chars_max)
    .replace(/[\ud800-\udbff]$/, '')
    .trim()
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(unseen, '').normalize('NFC').replace(/ {2,}/g, ' ').trim()
}
