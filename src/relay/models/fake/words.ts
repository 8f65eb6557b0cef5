/** How the fake provider counts: a token is a word. Whoever writes a test can count along. */

/** Words, each with the space before it, so that together they are the text again. */
export function wordsOf(text: string): readonly string[] {
  const words = text.match(/\s*\S+/g) ?? []
  const rest = text.slice(words.join('').length)
  const last = words.at(-1)
  return last === undefined ? [] : [...words.slice(0, -1), last + rest]
}

export function countWords(text: string): number {
  let count = 0
  for (const _ of text.matchAll(/\S+/g)) count += 1
  return count
}
