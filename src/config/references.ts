/** `${env:NAME}` and `${file:path}` in texts: replaced after parsing, so that no value can become syntax. */
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Parsed, type TextNode, textsOf } from './document.ts'
import { type Finding, printable } from './problems.ts'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What came of replacing. */
export interface Replaced {
  readonly findings: readonly Finding[]
  /** The references a value was made of, by the JSON of its path. */
  readonly references: ReadonlyMap<string, string>
  /** Absolute paths of the files that were read. */
  readonly files: readonly string[]
}

const fileBytesMax = 65_536
const anyReference = /\$\{[^}]*\}?/g
const goodReference = /^\$\{(env|file):([^}]+)\}$/
const form = '${env:NAME} or ${file:path}'

/** Replaces every reference in the document in place; relative paths start at `base`. */
export async function replaceReferences(parsed: Parsed, base: string, env: Environment): Promise<Replaced> {
  const findings: Finding[] = []
  const references = new Map<string, string>()
  const files = new Set<string>()
  for (const text of textsOf(parsed)) {
    const found = text.node.value.match(anyReference)
    if (!found) continue
    references.set(JSON.stringify(text.path), found.join(' '))
    const held = new Map<string, string>()
    for (const reference of new Set(found)) {
      const [, kind, name = ''] = goodReference.exec(reference) ?? []
      if (kind === 'file') files.add(resolve(base, name))
      const value = await lookUp(kind, name, { base, env })
      if (typeof value === 'string') held.set(reference, value)
      else findings.push({ path: text.path, ...value })
    }
    replace(text, held)
  }
  return { findings, references, files: [...files] }
}

function replace({ node }: TextNode, held: ReadonlyMap<string, string>): void {
  node.value = node.value.replaceAll(anyReference, (reference) => held.get(reference) ?? reference)
}

type Missing = Omit<Finding, 'path'>

async function lookUp(
  kind: string | undefined,
  name: string,
  { base, env }: { readonly base: string; readonly env: Environment },
): Promise<string | Missing> {
  if (kind === undefined) return { message: 'found an unknown reference', expected: form }
  if (kind === 'file') return readSmall(resolve(base, name), name)
  const value = env[name]
  if (value !== undefined && value !== '') return value
  const message = `environment variable ${printable(name)} is ${value === '' ? 'empty' : 'not set'}`
  return { message, expected: 'a value' }
}

async function readSmall(path: string, name: string): Promise<string | Missing> {
  const text = await readBounded(path, fileBytesMax)
  if (text.ok) {
    const value = text.value.replace(/\r?\n$/, '')
    return value === '' ? { message: `file ${printable(name)} is empty`, expected: 'a value' } : value
  }
  return { message: `file ${printable(name)} cannot be read (${text.reason})`, expected: 'a readable file' }
}

export type Bounded = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly reason: string }

/** The text of a file of at most `bytesMax` bytes, or why not in a word: `ENOENT`. */
export async function readBounded(path: string, bytesMax: number): Promise<Bounded> {
  try {
    await using file = await open(path, 'r')
    const facts = await file.stat()
    if (!facts.isFile()) return { ok: false, reason: 'not a file' }
    if (facts.size > bytesMax) return { ok: false, reason: `larger than ${bytesMax} bytes` }
    return { ok: true, value: await file.readFile('utf8') }
  } catch (error) {
    return { ok: false, reason: error instanceof Error && 'code' in error ? String(error.code) : 'unreadable' }
  }
}
