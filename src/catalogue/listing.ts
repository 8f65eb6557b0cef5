/** From what a server listed to what is known of it: sorted, judged, each name once. */
import type { Listed, ListedTool, ListKind, ServerListing } from './contract.ts'
import type { Inspected } from './inspect.ts'
import type { Judgement } from './lock.ts'
import { exposedName } from './names.ts'

/** Judges one tool of the server. */
export type Judge = (name: string, inspected: Inspected) => Judgement

/** Things of a list by their key, in its order (UTF-16). Two of one key with the same content are one. */
export function sorted(items: readonly Inspected[]): readonly Inspected[] {
  const byKey = new Map<string, Inspected>()
  items.forEach((item, i) => {
    const key = item.key ?? `?${i + 1}`
    const other = byKey.get(key)
    if (other === undefined) byKey.set(key, item.key === null ? { ...item, key } : item)
    else if (other.digest !== item.digest)
      byKey.set(key, { ...other, broken: [...new Set([...other.broken, 'two different definitions have this name'])] })
  })
  return [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
}

/** The same objects as before where nothing about them changed. */
export function toolsOf(
  server: string,
  items: readonly Inspected[],
  { before, judge }: { readonly before: readonly ListedTool[]; readonly judge: Judge },
): readonly ListedTool[] {
  const known = new Map(before.map((tool) => [tool.name, tool]))
  return items.map((item): ListedTool => {
    const name = item.key ?? ''
    const { state, why } = judge(name, item)
    const old = known.get(name)
    if (old?.definition === item.definition && old.state === state && old.why === why) return old
    const { definition, digest, mirrors } = item
    return { server, name, exposed: old?.exposed ?? exposedName(server, name), definition, digest, state, why, mirrors }
  })
}

/** Tools by their names, once for each state of a list that a call asks about. */
const byName = new WeakMap<readonly ListedTool[], ReadonlyMap<string, ListedTool>>()

/** However many tools a server lists, a call finds its own at once. */
export function toolNamed({ tools }: Pick<ServerListing, 'tools'>, name: string): ListedTool | undefined {
  const known = byName.get(tools)
  if (known) return known.get(name)
  const made = new Map(tools.map((tool) => [tool.name, tool] as const))
  byName.set(tools, made)
  return made.get(name)
}

/** Prompts, resources and templates have no state: what is wrong is left out, and said. */
export function listedOf(
  server: string,
  list: Exclude<ListKind, 'tools'>,
  items: readonly Inspected[],
): { readonly listed: readonly Listed[]; readonly withheld: readonly string[] } {
  const isFine = ({ broken, unclean }: Inspected): boolean => broken.length + unclean.length === 0
  const listed = items.filter(isFine).map(({ key, definition }): Listed => {
    const own = key ?? ''
    return { server, key: own, exposed: list === 'prompts' ? exposedName(server, own) : own, definition }
  })
  const withheld = items
    .filter((item) => !isFine(item))
    .map(({ key, broken, unclean }) => `${list} ${key ?? '?'}: ${[...broken, ...unclean].join('; ')}`)
  return { listed, withheld }
}

/** Whether two lists say the same in the same order. */
export function isSame(one: readonly (Listed | ListedTool)[], other: readonly (Listed | ListedTool)[]): boolean {
  return (
    one.length === other.length &&
    one.every((each, i) => {
      const its = other[i]
      if (its === undefined || its === each) return its === each
      if ('state' in each && 'state' in its && (each.state !== its.state || each.why !== its.why)) return false
      return each.exposed === its.exposed && each.definition.equals(its.definition)
    })
  )
}
