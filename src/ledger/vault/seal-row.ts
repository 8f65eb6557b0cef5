/** Takes the persons out of a row: pseudonyms for names, and what else is personal into a part that is sealed. */
import { hash } from 'node:crypto'
import { canonicalJson } from '../../base/jcs.ts'
import { isJsonObject } from '../../base/json.ts'
import { isPersonId, isPseudonym } from '../../domain/ids.ts'
import { nonce_bytes, seal } from './envelope.ts'
import { nobody } from './kek.ts'
import type { People, Person } from './people.ts'
import { type Places, placesIn } from './personal.ts'
import { inTexts, nameMark, replaceNames, stranger, withoutNames } from './texts.ts'

export const salt_bytes = 16

export interface SealedRow {
  readonly row: readonly unknown[]
  readonly sealed: Uint8Array | null
}

/** Rows of today's shapes. */
const placesOf = placesIn()

/** Bytes that stand in the rows of a kind that may hold something personal, beside names: `claims` and tokens. */
const marks: Readonly<Record<string, string>> = { call: 'vendor', token: 'eyJ' }
const nameBytes = Buffer.from(nameMark)
const markBytes = Object.values(marks).map((mark) => Buffer.from(mark))

/** Whether a packed row has to be looked into at all. */
export function mayBePersonal(packed: Uint8Array): boolean {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length)
  return bytes.includes(nameBytes) || hasReason(bytes) || markBytes.some((mark) => bytes.includes(mark))
}

/** Kinds in which an operator says why, and may call anybody by a bare name. */
const reasoned: ReadonlySet<string> = new Set(['run', 'revocation', 'approval', 'card', 'tool', 'person'])

/** The kind is the first value of the list: a short text behind the mark of the list, which has one byte or three. */
function hasReason(packed: Buffer): boolean {
  const at = packed[0] === 0xdc ? 3 : 1
  const length = (packed[at] ?? 0) & 0x1f
  return reasoned.has(packed.toString('latin1', at + 1, at + 1 + length))
}

/** The row as it is stored. A row of an unknown kind stays as it is. */
export function sealRow(given: readonly unknown[], people: People): SealedRow {
  const places = placesOf.get(String(given[0]))
  if (!places || given.length !== places.names.length + 1) return { row: given, sealed: null }
  const row = [...given]
  for (const at of places.people) if (isName(row[at])) row[at] = people.of(row[at]).pseudonym
  const about = aboutOf(row, places, people)
  if (about && places.about !== null) row[places.about] = about.pseudonym
  const instead = knownBy(people)
  const change = (text: string): string => replaceNames(text, instead)
  for (const [at, value] of row.entries())
    if (typeof value === 'string') row[at] = places.exact.has(at) ? replaceNames(value, instead, null) : change(value)
    else if (typeof value === 'object' && value !== null) row[at] = inTexts(value, change)
  const personal = takePersonal(row, places, about)
  const reason = places.reason === null ? null : row[places.reason]
  if (places.reason !== null && typeof reason === 'string')
    row[places.reason] = withoutNames(reason, (name) =>
      name === nobody ? null : (people.known(name)?.pseudonym ?? null),
    )
  return sealMembers(row, { personal, places, owner: about ?? people.nobody, people })
}

/** Different names that are looked up for one row: a caller may write a hundred into one text, and each costs a search. */
const names_max = 8

/** What stands for a name; null for nobody's, and a stranger for whatever comes after too many. */
function knownBy(people: People): (name: string) => string | null {
  const found = new Map<string, string | null>()
  return (name) => {
    const before = found.get(name)
    if (before !== undefined) return before
    if (found.size >= names_max) return stranger
    const known = people.known(name)?.pseudonym ?? null
    found.set(name, known)
    return known
  }
}

/** A person the entry is about: one who was erased has a pseudonym and no key any more. */
type About = Person | { readonly pseudonym: string; readonly key: null; readonly bare: null }

function aboutOf(row: readonly unknown[], { about, always }: Places, people: People): About | null {
  const named = about === null ? null : row[about]
  if (isName(named)) return people.of(named)
  if (typeof named === 'string' && isPseudonym(named)) {
    const known = people.row(named)
    return (known && people.personIn(known)) ?? { pseudonym: named, key: null, bare: null }
  }
  // A token names its person inside.
  const inside = row[0] === 'token' ? subjectOf(row[always[0] ?? 0]) : null
  return inside === null ? null : people.of(inside)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && isPersonId(value)
}

/** The person a compact JWS of our own making is about; null where it is an agent. */
function subjectOf(token: unknown): string | null {
  if (typeof token !== 'string') return null
  try {
    // Weir wrote it a moment ago: the plain parser is good enough and takes a tenth of the time.
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    const sub = isJsonObject(claims) ? claims['sub'] : null
    return isName(sub) ? sub : null
  } catch {
    return null
  }
}

/** Takes the personal members out of a row, which is changed. */
function takePersonal(row: unknown[], places: Places, about: About | null): Record<string, unknown> {
  const taken: Record<string, unknown> = {}
  const take = (at: number, left: unknown): void => {
    if (row[at] === null) return
    taken[places.names[at - 1] ?? ''] = row[at]
    row[at] = left
  }
  if (row[0] !== 'token' || about) for (const at of places.always) take(at, null)
  if (!about) return taken
  for (const at of places.ofPerson) take(at, null)
  const { bare } = about
  if (!bare) return taken
  for (const at of places.texts) {
    const left = inTexts(row[at], (text) => text.replace(bare, about.pseudonym))
    if (left !== row[at]) take(at, left)
  }
  return taken
}

interface Sealing {
  readonly personal: Readonly<Record<string, unknown>>
  readonly places: Places
  readonly owner: About
  readonly people: People
}

function sealMembers(row: unknown[], { personal, places, owner, people }: Sealing): SealedRow {
  const names = Object.keys(personal)
  // Nothing can be sealed for one who was erased, and nothing of them is kept.
  if (names.length === 0 || owner.key === null) return { row, sealed: null }
  const text = `{${names
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(personal[name])}`)
    .join(',')}}`
  const chance = people.random(salt_bytes + nonce_bytes)
  const plain = Buffer.concat([chance.subarray(0, salt_bytes), Buffer.from(text)])
  row[places.c] = hash('sha256', plain, 'base64url')
  return { row, sealed: seal(owner.key, owner.id, chance.subarray(salt_bytes), plain) }
}
