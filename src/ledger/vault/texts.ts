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
