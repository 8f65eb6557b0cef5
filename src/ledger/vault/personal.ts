/**
 * What of an entry is personal, as a table: who it is about, what of it stands beside the row under the key of that person,
 * and where people write free text. Names are replaced wherever they stand, whatever this table says.
 */
import type { LedgerEntry } from '../../domain/record.ts'
import { type Shapes, shapes } from '../pack.ts'

export type Kind = LedgerEntry['kind']

interface Personal {
  /** The member that says whom the entry is about: what is sealed is sealed for that person. */
  readonly about?: string
  /** Members that are a person or something else: persons are made known by them. */
  readonly people?: readonly string[]
  /** Sealed wherever they are not null; for the gateway itself where the entry is about nobody. */
  readonly always?: readonly string[]
  /**
   * Sealed where the entry is about a person. Heads of chains are among them: they are hashes of run, agents and person, so
   * whoever guesses the person could prove it by one.
   */
  readonly ofPerson?: readonly string[]
  /** Where the bare name may stand in: `tomas` for `user:tomas`. Such a text is sealed as it is, and stands here without it. */
  readonly texts?: readonly string[]
}

export const personal: Readonly<Record<Kind, Personal>> = {
  call: {
    about: 'human',
    always: ['claims'],
    ofPerson: ['dlg_head', 'ext_head'],
    texts: ['cred_id', 'detail', 'rule', 'approval', 'tags'],
  },
  intent: { about: 'human' },
  run: { about: 'human', people: ['actor'], texts: ['reason', 'actor'] },
  boot: {},
  grant: {
    about: 'person',
    ofPerson: ['ext', 'login_iss', 'auth_time', 'acr', 'amr'],
    texts: ['detail'],
  },
  token: { always: ['token'] },
  revocation: { about: 'name', people: ['actor'], texts: ['reason', 'actor'] },
  signal: { about: 'human' },
  approval: { about: 'human', people: ['actor'], texts: ['reason', 'actor'] },
  card: { people: ['actor'] },
  tool: { people: ['actor'] },
  log: {},
  drop: {},
  person: { about: 'person', people: ['actor'], texts: ['reason'] },
}

/**
 * Members that say exactly what was done, in words of protocols: `user:email` is a scope, `user:create` a tool. A name that
 * is known is replaced here too and can be put back; what is nobody's name stays, or the record would not say what happened.
 */
const exact: ReadonlySet<string> = new Set(['target', 'method', 'scope', 'tool'])

/** The same as places in a row. */
export interface Places {
  readonly about: number | null
  readonly people: readonly number[]
  readonly always: readonly number[]
  readonly ofPerson: readonly number[]
  readonly texts: readonly number[]
  /** What an operator said of why, in which anybody may be named; null where nobody is asked. */
  readonly reason: number | null
  readonly exact: ReadonlySet<number>
  /** Of the commitment. */
  readonly c: number
  readonly names: readonly string[]
}

/** Where the personal members stand in rows of these shapes; kinds that a shape does not know have none. */
export function placesIn(of: Shapes = shapes): ReadonlyMap<string, Places> {
  return new Map(
    Object.entries(personal).flatMap(([kind, row]) => {
      const names = of[kind]
      if (!names?.includes('c')) return []
      const at = (list: readonly string[] = []): readonly number[] => list.map((name) => names.indexOf(name) + 1)
      const about = row.about === undefined ? null : names.indexOf(row.about) + 1
      const { people, always, ofPerson, texts } = row
      const lists = { people: at(people), always: at(always), ofPerson: at(ofPerson), texts: at(texts) }
      const exactly = new Set(names.flatMap((name, place) => (exact.has(name) ? [place + 1] : [])))
      const reason = names.includes('reason') ? names.indexOf('reason') + 1 : null
      return [[kind, { about, ...lists, reason, exact: exactly, c: names.indexOf('c') + 1, names }]]
    }),
  )
}
