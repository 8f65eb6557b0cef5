/**
 * The leaf of an entry in the Merkle log: SHA-256(0x00 || text), where the text is the canonical JSON (RFC 8785) of the row
 * as it stands in the segment, its values named by the shapes of that segment, and of its number, its boot and its gateway:
 *
 *     {"agent":"agent:a","boot":"...","depth":1,"gw":"https://...","kind":"intent","reserved":{"tokens":0},"rid":...,"seq":7}
 *
 * A dot in a name of a shape leads into an object. Members of the row that are called as one of the three stamps stand in
 * `own`; the values of a row that does not fit its shape stand in the list `row`. Nothing here depends on what an entry means
 * today, so every later version and every other program comes to the same text.
 */
import { canonicalJson, readCanonicalJson } from '../base/jcs.ts'
import { leafHash } from './merkle/hash.ts'
import type { SegmentHeader } from './segment.ts'

export interface Leaf {
  readonly text: string
  readonly hash: Buffer
}

/** What a leaf needs of the front of its segment. */
export type LeafFront = Pick<SegmentHeader, 'boot' | 'gw' | 'shapes'>

export type LeafMaker = (row: readonly unknown[], seq: number) => Leaf

/** Values by place: those of the row, its kind the first, and behind them the stamps. */
type Piece = readonly [text: string, place: number]

const stamps = ['boot', 'gw', 'seq'] as const
const bootPlace = -1
const gwPlace = -2
const seqPlace = -3
const places: Readonly<Record<(typeof stamps)[number], number>> = { boot: bootPlace, gw: gwPlace, seq: seqPlace }
const depthMax = 60

/** Makes the leaves of one segment; what is always the same for a kind is worked out once. Never throws. */
export function leafMaker({ boot, gw, shapes }: LeafFront): LeafMaker {
  const byKind = new Map(
    Object.entries(shapes).map(([kind, names]) => [kind, { length: names.length + 1, plan: planOf(names) }]),
  )
  const bootText = valueText(boot)
  const gwText = valueText(gw ?? null)
  return (row, seq) => {
    const [kind] = row
    const shape = typeof kind === 'string' ? byKind.get(kind) : undefined
    if (!shape || row.length !== shape.length) return leafOf(strayText(row, [bootText, gwText, seq]))
    const { pieces, end } = shape.plan
    let text = ''
    for (const [before, place] of pieces) text += before + textAt(place)
    return leafOf(text + end)

    function textAt(place: number): string {
      if (place >= 0) return valueText(row[place])
      if (place === seqPlace) return String(seq)
      return place === bootPlace ? bootText : gwText
    }
  }
}

function leafOf(text: string): Leaf {
  return { text, hash: leafHash(Buffer.from(text)) }
}

function strayText(row: readonly unknown[], [boot, gw, seq]: readonly [string, string, number]): string {
  return `{"boot":${boot},"gw":${gw},"row":${valueText([...row])},"seq":${seq}}`
}

/** The canonical form of a value of a row. What JSON does not know is null, bytes are base64url, text is made well-formed. */
function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string' && value.isWellFormed()) return JSON.stringify(value)
  return readCanonicalJson(value) ?? canonicalJson(plain(value, 0))
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null || depth === depthMax) return null
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url')
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.toWellFormed(), plain(member, depth + 1)]),
  )
}

type Branch = Map<string, Branch | number>

interface Plan {
  readonly pieces: readonly Piece[]
  readonly end: string
}

/** The text between the values, in the order of the canonical form. */
function planOf(names: readonly string[]): Plan {
  const root: Branch = new Map<string, Branch | number>([
    ['kind', 0],
    ...stamps.map((name) => [name, places[name]] as const),
  ])
  names.forEach((name, index) => {
    const path = name.split('.')
    const [first = ''] = path
    put(root, first in places || first === 'kind' ? ['own', ...path] : path, index + 1)
  })
  const pieces: Piece[] = []
  return { end: write(root, '', pieces), pieces }
}

function put(branch: Branch, [name = '', ...rest]: readonly string[], place: number): void {
  if (rest.length === 0) {
    branch.set(name, place)
    return
  }
  const known = branch.get(name)
  const next: Branch = known instanceof Map ? known : new Map()
  branch.set(name, next)
  put(next, rest, place)
}

/** Writes a branch after `before` and returns what stands behind its last value. */
function write(branch: Branch, before: string, pieces: Piece[]): string {
  let text = `${before}{`
  let mark = ''
  for (const name of [...branch.keys()].toSorted()) {
    const member = branch.get(name) ?? 0
    const front = `${text}${mark}${JSON.stringify(name)}:`
    mark = ','
    if (typeof member === 'number') {
      pieces.push([front, member])
      text = ''
    } else text = write(member, front, pieces)
  }
  return `${text}}`
}
