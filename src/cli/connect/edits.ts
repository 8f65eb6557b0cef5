/** Edits of files that belong to others: what is not ours stays as it is, and what cannot be edited safely is left alone. */

type Members = Readonly<Record<string, unknown>>

/**
 * A JSON file with these members in the object at that place, which is made where it is missing. Null where the file is no
 * strict JSON, such as one with comments, or where something else stands at the place: then a person has to do it.
 */
export function withJson(before: string, place: readonly string[], members: Members): string | null {
  const root = before.trim() === '' ? {} : objectOf(before)
  if (root === null) return null
  let at = root
  for (const step of place) {
    const next = Object.hasOwn(at, step) ? at[step] : {}
    if (!isObject(next)) return null
    at = at[step] = next
  }
  Object.assign(at, members)
  return `${JSON.stringify(root, null, indentOf(before))}\n`
}

/** A file of variables in which each of these has that value: in its own line where it had one, else at the end. */
export function withEnv(before: string, values: Readonly<Record<string, string>>): string {
  const lines = before === '' ? [] : before.replace(/\n$/, '').split('\n')
  for (const [name, value] of Object.entries(values)) {
    const at = lines.findLastIndex((line) => line.replace(/^export\s+/, '').startsWith(`${name}=`))
    const line = `${name}=${value}`
    if (at === -1) lines.push(line)
    else lines[at] = line
  }
  return `${lines.join('\n')}\n`
}

const [begin, end] = ['# weir connect: begin', '# weir connect: end']

/** A TOML file with one block of ours, marked as such; null where one of its tables stands elsewhere in the file already. */
export function managedToml(before: string, block: readonly string[]): string | null {
  const from = before.indexOf(begin)
  const to = before.indexOf(end)
  const ours = from !== -1 && to > from
  const rest = ours ? before.slice(0, from) + before.slice(to + end.length).replace(/^\n/, '') : before
  const tables = block.filter((line) => line.startsWith('['))
  if (rest.split('\n').some((line) => tables.includes(line.trim()))) return null
  const kept = rest.trimEnd()
  return `${kept === '' ? '' : `${kept}\n\n`}${[begin, ...block, end].join('\n')}\n`
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** That of its first indented line; two spaces in a file that has none. */
function indentOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
}
