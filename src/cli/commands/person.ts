/** `weir person`: who is kept under which pseudonym, what holds them, and how they are forgotten. */
import { day_ms } from '../../base/clock.ts'
import { type AskOptions, show } from '../admin-command.ts'
import type { CliDeps } from '../deps.ts'
import { problem } from '../exit-codes.ts'
import { type Paint, visible } from '../paint.ts'
import type { PeopleList, PersonChanged } from '../people-deps.ts'
import { type Column, table } from '../table.ts'
import { confirmed, openTerminal } from '../terminal.ts'
import { formatTime } from '../units.ts'

export interface PersonOptions extends AskOptions {
  readonly reason: string
  readonly yes?: boolean
  /** Of a hold. */
  readonly days?: string
}

const reasonLength_max = 500
const days_max = 36_500

const questions = {
  erase: (whom: string) => `Erase ${whom}? Nobody can say any more whom their records were about. This is for ever.`,
  hold: (whom: string) => `Hold ${whom}? The person cannot be erased until the hold is released or ends.`,
  release: (whom: string) => `Release the hold on ${whom}? The person can be erased then.`,
} as const

export async function orderPerson(
  deps: CliDeps,
  does: keyof typeof questions,
  whom: string,
  options: PersonOptions,
): Promise<number> {
  const terminal = openTerminal(deps)
  const reason = options.reason.trim()
  if (reason === '' || reason.length > reasonLength_max)
    return terminal.fail(problem('usage', `--reason takes 1 to ${reasonLength_max} characters.`))
  const days = options.days === undefined ? null : Number(options.days)
  if (days !== null && !(Number.isInteger(days) && days > 0 && days <= days_max))
    return terminal.fail(problem('usage', `--days takes a whole number from 1 to ${days_max}.`))
  const go = await confirmed(deps, questions[does](visible(whom)), !!options.yes)
  if (go !== true) return terminal.fail(go)
  const until = days === null ? null : deps.clock.now() + days * day_ms
  const done = await deps.people.order({ configPath: options.config, does, whom, until, reason })
  return show(deps, options, done, doneLine)
}

export async function listPeople(deps: CliDeps, options: AskOptions): Promise<number> {
  const list = await deps.people.list({ configPath: options.config })
  return show(deps, options, list, ({ people }, paint) => peopleTable(people, paint))
}

const columns: readonly Column[] = [
  { title: 'PERSON' },
  { title: 'IN THE RECORDS' },
  { title: 'SINCE' },
  { title: 'STATE' },
]

function peopleTable(people: PeopleList['people'], paint: Paint): string {
  if (people.length === 0) return 'No record is about a person yet.\n'
  const lines = people.map(({ pseudonym, name, created_at, erased_at, holds }) => [
    name === null ? '-' : visible(name),
    pseudonym,
    formatTime(created_at),
    stateWords({ erased_at, holds }, paint),
  ])
  return table(columns, lines)
}

function stateWords(
  { erased_at, holds }: Pick<PeopleList['people'][number], 'erased_at' | 'holds'>,
  paint: Paint,
): string {
  if (erased_at !== null) return `erased ${formatTime(erased_at)}`
  if (holds.length === 0) return 'kept'
  const words = holds.map(({ run, until }) =>
    [run === '' ? 'held' : `held for ${run}`, ...(until === null ? [] : [`until ${formatTime(until)}`])].join(' '),
  )
  return paint('warn', words.join(', '))
}

function doneLine({ event, person }: PersonChanged): string {
  if (event === 'erased') return `Erased. The records say ${person}, and nobody can say who that was.\n`
  return event === 'held' ? `${person} cannot be erased now.\n` : `${person} can be erased again.\n`
}
