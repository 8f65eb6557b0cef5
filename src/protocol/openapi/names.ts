/** What tools and their arguments are called: by words every client and every model takes, the same after every edit. */
import { createHash } from 'node:crypto'
import type { ApiOperation } from './operation.ts'

const nameChars_max = 40

type Named = Pick<ApiOperation, 'id' | 'method' | 'path'>

/**
 * One name for each operation, in their order. A name hangs on its operation alone; where several would be called alike
 * each gets a mark of its own method and path, and so does what is too long.
 */
export function toolNames(operations: readonly Named[]): readonly string[] {
  const plain = operations.map(plainName)
  const count = new Map<string, number>()
  for (const name of plain) count.set(name, (count.get(name) ?? 0) + 1)
  const taken = new Set<string>()
  return operations.map((operation, at) => {
    const name = plain[at] ?? ''
    const fits = name.length <= nameChars_max && count.get(name) === 1 && !taken.has(name)
    const unique = fits ? name : marked(name, operation, taken)
    taken.add(unique)
    return unique
  })
}

function plainName({ id, method, path }: Named): string {
  const said = id === null || id.trim() === '' ? `${method} ${path}` : id
  const words = said
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '_')
    .replaceAll(/_{2,}/g, '_')
    .replaceAll(/^[_-]+|[_-]+$/g, '')
  return words === '' ? method.toLowerCase() : words
}

function marked(name: string, { method, path }: Named, taken: ReadonlySet<string>): string {
  const hash = createHash('sha256').update(`${method} ${path}`).digest('hex')
  for (let length = 6; ; length += 2) {
    const head = name.slice(0, nameChars_max - 1 - length).replace(/[_-]+$/, '')
    const marked = `${head}_${hash.slice(0, length)}`
    if (!taken.has(marked) || length >= nameChars_max - 2) return marked
  }
}

const safeArgument = /^[A-Za-z0-9_.-]{1,64}$/

/** What providers of models take as the name of an argument: `filter[name]` becomes `filter_name`. */
export function argumentName(name: string): string {
  if (safeArgument.test(name)) return name
  const clean = name.replaceAll(/[^A-Za-z0-9_.-]+/g, '_').replaceAll(/^_+|_+$/g, '')
  return clean === '' || clean.length > 64 ? `${clean.slice(0, 55)}_${hashOf(name)}` : clean
}

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 8)
}
