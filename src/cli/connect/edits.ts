/** Edits of files that belong to others: what is not ours stays as it is, and what cannot be edited safely is left alone. */

type Members = Readonly<Record<string, unknown>>

/**
 * A JSON file with these members in the object at that place, which is made where it is missing. Null where the file is no
 * strict JSON, such as one with comments, or where something else stands at the place: then a person has to do it.
 */
export function withJson(before: string, place: readonly string[], members: Members): string | null {
  const root = rootOf(before)
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

/** A JSON file with this in the list of that name, in the place of what has the same `id`; null as above. */
export function withListed(before: string, list: string, item: Members & { readonly id: string }): string | null {
  const root = rootOf(before)
  if (root === null) return null
  const items: unknown = Object.hasOwn(root, list) ? root[list] : []
  if (!Array.isArray(items)) return null
  const at = items.findIndex((one) => isObject(one) && one['id'] === item.id)
  root[list] = at === -1 ? [...(items as unknown[]), item] : items.with(at, item)
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

function rootOf(before: string): Record<string, unknown> | null {
  return before.trim() === '' ? {} : objectOf(before)
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
