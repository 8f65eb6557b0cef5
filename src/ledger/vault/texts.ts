/** Names of persons inside texts: found by their form, replaced, and put back. */
const nameForm = /user:[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}/g
const pseudonymForm = /user:~[a-z2-7]{26}/g
/** What may end a sentence and, less likely, a name. */
const tailForm = /[.+@-]+$/
export const nameMark = 'user:'

/** Names shorter than this are words of other things too often. */
const bare_min_chars = 3

/** Stands for what looks like the name of a person nobody here knows. */
export const stranger = 'user:~unknown'

/** What a text says with every name replaced; `instead` answers null for a name that it does not know, which becomes `other` or stays. */
export function replaceNames(
  text: string,
  instead: (name: string) => string | null,
  other: string | null = stranger,
): string {
  if (!text.includes(nameMark)) return text
  return text.replace(nameForm, (found) => {
    const known = instead(found)
    if (known !== null) return known
    const tail = tailForm.exec(found)?.[0] ?? ''
    const name = found.slice(0, found.length - tail.length)
    return `${(tail === '' ? null : instead(name)) ?? other ?? name}${tail}`
  })
}

/** The same the other way round. */
export function replacePseudonyms(text: string, instead: (pseudonym: string) => string | null): string {
  return text.includes('user:~') ? text.replace(pseudonymForm, (found) => instead(found) ?? found) : text
}

/** Applies `change` to every text of a value as it comes out of a row; the same value where nothing changed. */
export function inTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => inTexts(item, change))
    return items.some((item, at) => item !== value[at]) ? items : value
  }
  const members = Object.entries(value)
  const changed = members.map(([name, member]): [string, unknown] => [name, inTexts(member, change)])
  return changed.some(([, member], at) => member !== members[at]?.[1]) ? Object.fromEntries(changed) : value
}

/** Finds the part of a name after `user:` as a word of its own, whatever its case; null where it is too short to tell. */
export function bareForm(name: string): RegExp | null {
  const bare = name.slice(nameMark.length)
  if (bare.length < bare_min_chars || bare.startsWith('~')) return null
  return new RegExp(`(?<![A-Za-z0-9~])${bare.replaceAll(/[.+]/g, String.raw`\$&`)}(?![A-Za-z0-9])`, 'gi')
}

/** A text in which a person's name, with and without its prefix, stands as the pseudonym. */
export function withoutName(text: string, name: string, pseudonym: string): string {
  const bare = bareForm(name)
  const replaced = replaceNames(text, (found) => (found === name ? pseudonym : null), null)
  return bare ? replaced.replace(bare, pseudonym) : replaced
}

/** What may be a name without its prefix, and what may part one from the words beside it. */
const wordForm = /(?<![A-Za-z0-9~:])[A-Za-z0-9][A-Za-z0-9._@+-]*/g
const partForm = /[._@+-]+/g
/** Parts of one word that are tried together, and words that are looked up for one text: each may cost a search. */
const parts_max = 6
const lookups_max = 512

/**
 * The same for whoever is known: `known` answers a pseudonym for a name. For the few texts that operators write, as every word
 * is looked up.
 */
export function withoutNames(text: string, known: (name: string) => string | null): string {
  let left = lookups_max
  const find = (word: string): string | null => {
    for (const spelling of new Set([word, word.toLowerCase()])) {
      if (word.length < bare_min_chars || left === 0) return null
      left -= 1
      const found = known(`${nameMark}${spelling}`)
      if (found !== null) return found
    }
    return null
  }
  return replaceNames(text, known).replace(wordForm, (word) => withoutBare(word, find))
}

/** The longest names in it first: `tomas.orlov` before `tomas`. */
function withoutBare(word: string, find: (part: string) => string | null): string {
  const ends = [...[...word.matchAll(partForm)].map(({ index }) => index), word.length].filter((end) => end > 0)
  const starts = [0, ...[...word.matchAll(partForm)].map(({ 0: found, index }) => index + found.length)]
  const spans = starts
    .slice(0, parts_max)
    .flatMap((start) => ends.filter((end) => end > start).map((end) => [start, end] as const))
    .toSorted(([a, b], [c, d]) => d - c - (b - a))
  for (const [start, end] of spans) {
    const found = find(word.slice(start, end))
    if (found !== null) return withoutBareAround(word, [start, end], found, find)
  }
  return word
}

function withoutBareAround(
  word: string,
  [start, end]: readonly [number, number],
  found: string,
  find: (part: string) => string | null,
): string {
  const around = (text: string): string =>
    text === '' ? '' : text.replace(wordForm, (part) => withoutBare(part, find))
  return `${around(word.slice(0, start))}${found}${around(word.slice(end))}`
}
