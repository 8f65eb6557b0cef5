/** The YAML document: parsed with places, its references replaced, every path findable again. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
} from 'yaml'
import type { ConfigProblem, Finding, Path } from './problems.ts'
import { pathText, printable } from './problems.ts'

/** A text that was parsed, perhaps with mistakes. */
export interface Parsed {
  readonly file: string
  readonly doc: Document
  readonly lines: LineCounter
}

/** Null where the text is nested too deep to be parsed. */
export function parse(file: string, source: string): Parsed | null {
  const lines = new LineCounter()
  try {
    const doc = parseDocument(source, { lineCounter: lines, prettyErrors: false })
    // Nothing in a configuration is nested deeper than this, and recursion over the document stays safe.
    return depthOf(doc) > depthMax ? null : { file, doc, lines }
  } catch {
    return null
  }
}

const depthMax = 64

function depthOf(doc: Document): number {
  let depth = 0
  visit(doc, {
    Collection(_key, _node, ancestors) {
      depth = Math.max(depth, ancestors.length)
      return depth > depthMax ? visit.BREAK : undefined
    },
  })
  return depth
}

/** What YAML's own rules are broken by; the words are ours, because the parser's may quote the file. */
const yamlSentences: Readonly<Partial<Record<YAMLError['code'], readonly [message: string, expected: string]>>> = {
  DUPLICATE_KEY: ['duplicate key', 'every key once'],
  BAD_INDENT: ['bad indentation', 'the indentation of the lines around it'],
  TAB_AS_INDENT: ['a tab as indentation', 'spaces'],
  MISSING_CHAR: ['a character is missing', 'a closing quote, bracket or a colon'],
  BAD_ALIAS: ['an alias without its anchor', 'an anchor before it'],
  MULTIPLE_DOCS: ['a second document', 'one document'],
  TAG_RESOLVE_FAILED: ['an unknown tag', 'plain values'],
  BAD_DQ_ESCAPE: ['an invalid escape', 'an escape of double-quoted text'],
}

/** Mistakes in the YAML itself. One mistake often breaks several rules, so each place is shown once. */
export function syntaxProblems({ doc, file, lines }: Parsed): readonly ConfigProblem[] {
  const byPlace = new Map([...doc.errors, ...doc.warnings].toReversed().map((error) => [error.pos[0], error]))
  return [...byPlace.values()].toReversed().map((error) => {
    const [message, expected] = yamlSentences[error.code] ?? [`invalid YAML (${error.code})`, 'valid YAML']
    return { file, ...placeOf(lines, error.pos[0]), path: '', message, expected, suggestion: null }
  })
}

/** Whether the values can be looked at in spite of what is wrong. */
export function readable({ doc }: Parsed): boolean {
  return doc.errors.every((error) => error.code === 'DUPLICATE_KEY')
}

/** The file as plain data; an empty file is an empty mapping, one with too many aliases is null. */
export function plainOf({ doc }: Parsed): unknown {
  try {
    return (doc.toJS({ maxAliasCount: 100 }) as unknown) ?? {}
  } catch {
    return null
  }
}

/** A text value of the document and its path. */
export interface TextNode {
  readonly path: Path
  readonly node: Scalar<string>
}

/** Every text that stands as a value. */
export function textsOf({ doc }: Parsed): readonly TextNode[] {
  const texts: TextNode[] = []
  visit(doc, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string') return
      texts.push({ path: pathOf(node, ancestors), node: node as Scalar<string> })
    },
  })
  return texts
}

/** Keys that mean something to JavaScript and nothing to us. */
export function strangeKeys({ doc }: Parsed): readonly Finding[] {
  const findings: Finding[] = []
  visit(doc, {
    Pair(_, pair, ancestors) {
      const key = isScalar(pair.key) ? pair.key.value : null
      if (key !== '__proto__' && (typeof key === 'string' || typeof key === 'number')) return undefined
      const path = [...pathOf(pair, ancestors), typeof key === 'string' ? key : '?']
      findings.push({ path, atKey: true, message: 'a key that is no word', expected: 'a word' })
      return visit.SKIP
    },
  })
  return findings
}

type Ancestors = readonly (Document | Node | Pair)[]

function pathOf(last: Node | Pair, ancestors: Ancestors): Path {
  const path: (string | number)[] = []
  const chain = [...ancestors, last]
  chain.forEach((node, i) => {
    const next = chain[i + 1]
    if (isSeq(node)) path.push(node.items.indexOf(next))
    else if (isMap(node) && next !== last && next && 'key' in next) path.push(keyText(next.key))
  })
  return path
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key)
}

/** Puts a mistake where it stands: at its key, at its value, or at the nearest place that exists. */
export function locate(finding: Finding, { file, doc, lines }: Parsed): ConfigProblem {
  return {
    file,
    ...placeOf(lines, offsetOf(doc, finding)),
    path: pathText(finding.path),
    message: finding.message,
    expected: finding.expected,
    suggestion: typeof finding.suggestion === 'string' ? printable(finding.suggestion) : null,
  }
}

function offsetOf(doc: Document, { path, atKey }: Finding): number {
  let node: unknown = doc.contents
  let offset = startOf(node) ?? 0
  for (const [depth, step] of path.entries()) {
    const held = isAlias(node) ? node.resolve(doc) : node
    const pair = isMap(held) ? held.items.findLast((each) => keyText(each.key) === String(step)) : null
    const next: unknown = isSeq(held) && typeof step === 'number' ? held.items[step] : pair?.value
    if (next === undefined && !pair) return offset
    const keyFirst = depth < path.length - 1 || atKey || !isScalar(next)
    offset = (keyFirst && pair ? startOf(pair.key) : startOf(next)) ?? startOf(next) ?? startOf(pair?.key) ?? offset
    node = next
  }
  return offset
}

function startOf(node: unknown): number | null {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return null
  return node.range?.[0] ?? null
}

function placeOf(lines: LineCounter, offset: number): { readonly line: number; readonly col: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), col: Math.max(col, 1) }
}
