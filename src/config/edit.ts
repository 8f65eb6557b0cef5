/**
 * Writes a value into a configuration file that people wrote: their comments, their order and their spelling stay. New
 * lines are put behind the last ones of the mapping or list they belong to, new members before the bracket that closes it;
 * what was written is read again, and only where it does not say what it should the whole document is written anew.
 */
import { Document, isCollection, isMap, isNode, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml'

/** What is to stand where, outermost key first. Nothing may stand there yet but a list, to which the value is added. */
export interface Edit {
  readonly path: readonly string[]
  readonly value: unknown
}

/** The text with the value in its place, or null where the text is no mapping that can be changed. */
export function editConfig(source: string, edit: Edit): string | null {
  const doc = parseDocument(source)
  if (doc.errors.length > 0 || (doc.contents !== null && !isMap(doc.contents))) return null
  const spliced = spliceIn(source, doc, edit)
  if (!change(doc, edit)) return null
  if (spliced !== null && sameData(spliced, doc)) return spliced
  return doc.toString({ lineWidth: 0 })
}

/** Whether something stands at that place already. */
export function hasInConfig(source: string, path: readonly string[]): boolean {
  return parseDocument(source).hasIn(path)
}

/** False where a text or a number stands in the way. */
function change(doc: Document, { path, value }: Edit): boolean {
  if (doc.contents === null) doc.contents = doc.createNode({}) as unknown as typeof doc.contents
  for (const [depth] of path.entries()) {
    const above = path.slice(0, depth)
    const stands = depth === 0 ? doc.contents : doc.getIn(above, true)
    if (isMap(stands) || stands === undefined) continue
    if (doc.getIn(above) !== null) return false
    doc.setIn(above, doc.createNode({}))
  }
  if (isSeq(doc.getIn(path))) doc.addIn(path, value)
  else doc.setIn(path, doc.createNode(value))
  return true
}

function sameData(text: string, doc: Document): boolean {
  const other = parseDocument(text)
  return other.errors.length === 0 && JSON.stringify(other.toJS()) === JSON.stringify(doc.toJS())
}

/** Null where there is no place for it that can be found in the text. */
function spliceIn(source: string, doc: Document, { path, value }: Edit): string | null {
  const list = doc.getIn(path, true)
  if (isSeq(list))
    return list.flow === true ? inBrackets(source, list, JSON.stringify(value)) : asItem(source, list, value)
  const known = deepest(doc, path)
  const map = known === 0 ? doc.contents : doc.getIn(path.slice(0, known), true)
  const [key, ...inner] = path.slice(known)
  if (!isMap(map) || key === undefined) return null
  const nested = inner.reduceRight<unknown>((held, name) => ({ [name]: held }), value)
  if (map.flow !== true) return asLines(source, map, { [key]: nested })
  return inBrackets(source, map, `${JSON.stringify(key)}: ${JSON.stringify(nested)}`)
}

/** How many keys of the path lead to mappings that are there; all of them where something else stands in the way. */
function deepest(doc: Document, path: readonly string[]): number {
  let known = 0
  while (known < path.length && isMap(doc.getIn(path.slice(0, known + 1), true))) known += 1
  return doc.hasIn(path.slice(0, known + 1)) ? path.length : known
}

/** JSON is written in brackets, for it is right in either. */
function inBrackets(source: string, collection: YAMLMap | YAMLSeq, text: string): string | null {
  const end = collection.range?.[1]
  if (end === undefined || !/[\]}]/.test(source[end - 1] ?? '')) return null
  const head = source.slice(0, end - 1).trimEnd()
  const isEmpty = collection.items.length === 0
  const [before, after] = isEmpty ? ['', ''] : [head.endsWith(',') ? ' ' : ', ', source.slice(head.length, end - 1)]
  return `${head}${before}${text}${after}${source.slice(end - 1)}`
}

function asLines(source: string, map: YAMLMap, value: object): string | null {
  const last = map.items.at(-1)
  const lead = leadOf(source, map.items[0]?.key)
  const end = endOf(source, last?.value) ?? endOf(source, last?.key)
  if (lead === null || end === null || !/^ *$/.test(lead)) return null
  const lines = new Document(value).toString({ lineWidth: 0 }).trimEnd().split('\n')
  return insert(
    source,
    end,
    lines.map((line) => lead + line),
  )
}

function asItem(source: string, list: YAMLSeq, value: unknown): string | null {
  const last = list.items.at(-1)
  const lead = leadOf(source, last)
  const end = endOf(source, last)
  if (lead === null || end === null || !/^ *- +$/.test(lead)) return null
  return insert(source, end, [lead + JSON.stringify(value)])
}

function insert(source: string, end: number, lines: readonly string[]): string {
  return `${source.slice(0, end)}\n${lines.join('\n')}${source.slice(end) || '\n'}`
}

/** What stands before a node on its line. */
function leadOf(source: string, node: unknown): string | null {
  const start = isNode(node) ? node.range?.[0] : undefined
  return start === undefined ? null : source.slice(source.lastIndexOf('\n', start - 1) + 1, start)
}

/** The end of the last line of a node, its comment included. */
function endOf(source: string, node: unknown): number | null {
  const range = isNode(node) ? node.range : null
  // An empty value has its place behind the comments that follow it.
  if (!range || (!isCollection(node) && range[0] === range[1])) return null
  const text = source.slice(0, range[1]).trimEnd()
  const line = source.indexOf('\n', text.length)
  return line === -1 ? source.trimEnd().length : line
}
