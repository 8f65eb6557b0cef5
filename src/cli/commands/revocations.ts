/** `weir contain`, `weir revoke` and their opposites: what counts no more, since when, and by whose word. */
import { type AskOptions, type FilteredOptions, show, withAdmin } from '../admin-command.ts'
import type { RevocationDone, RevocationRow } from '../admin-api.ts'
import type { CliDeps } from '../deps.ts'
import { problem } from '../exit-codes.ts'
import { type Paint, visible } from '../paint.ts'
import { filterText } from '../filter-text.ts'
import { type Column, table } from '../table.ts'
import { confirmed, openTerminal } from '../terminal.ts'
import { formatDuration, formatTime } from '../units.ts'

export interface OrderOptions extends AskOptions {
  readonly reason: string
  readonly yes?: boolean
  /** Of a token: its issuer, if that is not Weir. */
  readonly issuer?: string
}

/** What can be named on the command line; `agent` stands for containing it where it is the verb's own noun. */
const revocableNouns = ['agent', 'person', 'key', 'token', 'everything'] as const
type Noun = (typeof revocableNouns)[number]

interface Verb {
  readonly question: (name: string) => string
  readonly path: (noun: Noun, name: string) => string
}

const collections = { agent: 'agents', person: 'people', key: 'keys' } as const

const pathOf =
  (verb: 'revoke' | 'restore') =>
  (noun: Noun, name: string): string => {
    if (noun === 'everything') return `/api/v1/${verb}-everything`
    if (noun === 'token') return `/api/v1/tokens/${verb}`
    const last = noun === 'agent' && verb === 'restore' ? 'release' : verb
    return `/api/v1/${collections[noun]}/${encodeURIComponent(name)}/${last}`
  }

const verbs = {
  contain: {
    question: (name) => `Contain ${name}? Nothing from it, to it or through it is admitted, and what is open ends.`,
    path: (_noun, name) => `/api/v1/agents/${encodeURIComponent(name)}/contain`,
  },
  release: {
    question: (name) => `Release ${name}? Its credentials count again, also those from before.`,
    path: (_noun, name) => `/api/v1/agents/${encodeURIComponent(name)}/release`,
  },
  revoke: {
    question: (name) => `Revoke ${name}? What was issued so far counts no more, and what rests on it ends.`,
    path: pathOf('revoke'),
  },
  restore: {
    question: (name) => `Restore ${name}? What was issued before counts again.`,
    path: pathOf('restore'),
  },
} as const satisfies Record<string, Verb>

const reasonLength_max = 500

/** Carries out one of the verbs on one thing. `name` is empty for `everything`. */
export async function order(
  deps: CliDeps,
  verb: keyof typeof verbs,
  [noun, name = '']: readonly [noun: string, name?: string],
  options: OrderOptions,
): Promise<number> {
  const terminal = openTerminal(deps)
  const what = revocableNouns.find((known) => known === noun)
  const reason = options.reason.trim()
  if (!what) return terminal.fail(problem('usage', `One of ${revocableNouns.join(', ')} can be named, not ${noun}.`))
  if ((name === '') !== (what === 'everything'))
    return terminal.fail(problem('usage', what === 'everything' ? 'everything takes no name.' : `Which ${what}?`))
  if (reason === '' || reason.length > reasonLength_max)
    return terminal.fail(problem('usage', `--reason takes 1 to ${reasonLength_max} characters.`))
  const { question, path } = verbs[verb]
  const go = await confirmed(deps, question(name === '' ? 'everything' : name), !!options.yes)
  if (go !== true) return terminal.fail(go)
  const issuer = options.issuer === undefined ? {} : { iss: options.issuer }
  const body = { reason, ...(what === 'token' ? { jti: name, ...issuer } : {}) }
  const done = await withAdmin(deps, options, (admin) => admin.order(path(what, name), body))
  return show(deps, options, done, (done) => doneLine(done))
}

export async function listRevocations(deps: CliDeps, options: FilteredOptions): Promise<number> {
  const filter = filterText(deps, [options.filter])
  if (typeof filter !== 'string') return openTerminal(deps).fail(filter)
  const list = await withAdmin(deps, options, (admin) => admin.listRevocations(filter))
  return show(deps, options, list, (list, paint) => revocationsTable(list.revocations, paint, deps.clock.now()))
}

const columns: readonly Column[] = [
  { title: 'NAME' },
  { title: 'STATE' },
  { title: 'ISSUED BEFORE' },
  { title: 'AGE', align: 'right' },
  { title: 'BY' },
  { title: 'REASON' },
]

function revocationsTable(rows: readonly RevocationRow[], paint: Paint, now: number): string {
  if (rows.length === 0) return 'Nothing is revoked.\n'
  const lines = rows.map((row) => [
    visible(row.name),
    row.contained ? paint('bad', 'contained') : paint('warn', 'revoked'),
    row.contained || row.what === 'key' || row.what === 'token' ? 'any time' : formatTime(row.epoch * 1000),
    formatDuration(now - row.at),
    visible(row.actor),
    visible(row.reason),
  ])
  return table(columns, lines)
}

function doneLine({ name, contained, lifted, ended }: RevocationDone): string {
  if (lifted) return `${visible(name)} counts again.\n`
  return `${visible(name)} is ${contained ? 'contained' : 'revoked'}; ${endedWords(ended)}.\n`
}

function endedWords(ended: number): string {
  if (ended === 0) return 'no open call rested on it'
  return ended === 1 ? '1 open call was ended' : `${ended} open calls were ended`
}
