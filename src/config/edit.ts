/**
 * Writes a value into a configuration file that people wrote: their comments, their order and their spelling stay. The
 * new lines are put behind the last ones of the mapping they belong to; only where there is no such place, as in a file
 * written as JSON, the whole document is written anew.
 */
import { Document, isMap, isNode, parseDocument, type Pair, type YAMLMap } from 'yaml'

/** What is to stand where, outermost key first. */
export interface Edit {
  readonly path: readonly string[]
  readonly value: unknown
}

/** The text with the value in its place, or null where the text is no mapping that can be changed. */
export function editConfig(source: string, { path, value }: Edit): string | null {
  const doc = parseDocument(source)
  if (doc.errors.length > 0 || (doc.contents !== null && !isMap(doc.contents))) return null
  const spliced = spliceIn(source, doc, { path, value })
  if (doc.contents === null) doc.contents = doc.createNode({}) as unknown as typeof doc.contents
  doc.setIn(path, doc.createNode(value))
  if (spliced !== null && sameData(spliced, doc)) return spliced
  return doc.toString({ lineWidth: 0, flowCollectionPadding: false })
}

/** Whether something stands at that place already. */
export function hasInConfig(source: string, path: readonly string[]): boolean {
  return parseDocument(source).hasIn(path)
}

function sameData(text: string, doc: Document): boolean {
  const other = parseDocument(text)
  return other.errors.length === 0 && JSON.stringify(other.toJS()) === JSON.stringify(doc.toJS())
}

/** Null where the mapping that takes the value is not written in lines of its own. */
function spliceIn(source: string, doc: Document, { path, value }: Edit): string | null {
  const known = deepest(doc, path)
  const map = known === 0 ? doc.contents : doc.getIn(path.slice(0, known), true)
  const rest = path.slice(known)
  const last = isMap(map) ? map.items.at(-1) : undefined
  if (!isMap(map) || map.flow === true || !last || rest.length === 0) return null
  const nested = rest.slice(1).reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)
  const indent = indentOf(source, map)
  const end = endOf(source, last)
  if (indent === null || end === null) return null
  const lines = new Document({ [rest[0] ?? '']: nested }).toString({ lineWidth: 0 }).trimEnd().split('\n')
  const block = lines.map((line) => ' '.repeat(indent) + line).join('\n')
  return `${source.slice(0, end)}\n${block}${source.slice(end) || '\n'}`
}

/** How many keys of the path lead to mappings that are there. */
function deepest(doc: Document, path: readonly string[]): number {
  let known = 0
  while (known < path.length && isMap(doc.getIn(path.slice(0, known + 1), true))) known += 1
  return doc.hasIn(path.slice(0, known + 1)) && known < path.length ? path.length : known
}

function indentOf(source: string, map: YAMLMap): number | null {
  const [first] = map.items
  const start = isNode(first?.key) ? first.key.range?.[0] : undefined
  if (start === undefined) return null
  const line = source.slice(source.lastIndexOf('\n', start - 1) + 1, start)
  return /^ *$/.test(line) ? line.length : null
}

/** The end of the last line of a pair, its comment included. */
function endOf(source: string, { key, value }: Pair): number | null {
  const range = (isNode(value) ? value.range : null) ?? (isNode(key) ? key.range : null)
  if (!range) return null
  const text = source.slice(0, range[1]).trimEnd()
  const line = source.indexOf('\n', text.length)
  return line === -1 ? source.trimEnd().length : line
}
