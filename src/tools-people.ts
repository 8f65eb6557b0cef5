/**
 * What `weir person` is made of. The keys of persons belong to the ledger's thread: a gateway that runs is asked, and where
 * none does, the ledger is opened for a moment under the lock of the state directory.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from './base/clock.ts'
import { cryptoDice } from './base/dice.ts'
import { takeLock } from './base/instance-lock.ts'
import { moduleUrl } from './base/module-url.ts'
import { adminRequest } from './cli/admin-client.ts'
import { type CliProblem, isProblem, problem } from './cli/exit-codes.ts'
import type { PeopleList, PeopleTools, PersonChanged } from './cli/people-deps.ts'
import { isLoaded, loadConfig } from './config/load.ts'
import { firstProblem } from './config/problems.ts'
import type { Settings } from './config/settings.ts'
import { isPersonId, isPseudonym, isRunId, type RunId } from './domain/ids.ts'
import { Ledger, openLedger } from './ledger/ledger.ts'
import { traceRun } from './ledger/trace.ts'
import { carryOut, type PersonOrder } from './ledger/vault/carry-out.ts'
import { placeOfVault } from './gateway-vault.ts'
import { people_max, type PersonPlace, type PersonView } from './ledger/vault/people-pages.ts'
import type { VaultAnswer } from './ledger/vault/orders.ts'
import { forgetIn } from './tools-forget.ts'
import { admin } from './tools.ts'

/** As for a gateway without many calls. */
const ring_bytes = 1_048_576

export const list: PeopleTools['list'] = async ({ configPath }) => {
  const settings = await settingsOf(configPath)
  if (isProblem(settings)) return settings
  const asked = { path: `/api/v1/people?limit=${people_max}`, schema: 'weir.people/v1' } as const
  const first = await either<PeoplePart>(configPath, settings, asked, allIn)
  const people = isProblem(first) ? [] : [...first.people]
  let last = first
  for (let pages = 1; !isProblem(last) && last.next !== null && pages < pages_max; pages += 1) {
    const path = `${asked.path}&cursor=${encodeURIComponent(last.next)}`
    last = await either<PeoplePart>(configPath, settings, { ...asked, path }, allIn)
    if (!isProblem(last)) people.push(...last.people)
  }
  return isProblem(last) ? last : { schema: 'weir.people/v1', people }
}

/** As a gateway that runs answers it, a page at a time. */
type PeoplePart = PeopleList & { readonly next: string | null }

/** A command that lists a hundred thousand persons lists enough. */
const pages_max = 100

/** Where no gateway runs nobody waits for the thread: all pages at once. */
async function allIn(ledger: Ledger): Promise<PeoplePart | CliProblem> {
  const people: PersonView[] = []
  let after: PersonPlace | null = null
  for (let pages = 0; pages < pages_max; pages += 1) {
    const answer: VaultAnswer = await ledger.people.ask({ ask: 'list', after, limit: people_max })
    if (answer.kind !== 'people') return wordsOf(answer)
    people.push(...answer.people)
    after = answer.next
    if (after === null) break
  }
  return { schema: 'weir.people/v1', people, next: null }
}

export const order: PeopleTools['order'] = async ({ configPath, does, whom, until, reason }) => {
  const settings = await settingsOf(configPath)
  if (isProblem(settings)) return settings
  const meant = await personOf(settings, whom)
  if (isProblem(meant)) return meant
  const { person, run } = meant
  if (does === 'erase' && run !== null) return problem('usage', 'A person can be erased, not a run.')
  const extra = { ...(run === null ? {} : { run }), ...(until === null ? {} : { until }) }
  const path = `/api/v1/people/${encodeURIComponent(person)}/${does}`
  const asked = { path, schema: 'weir.person/v1', body: { reason, ...extra } } as const
  return await either<PersonChanged>(configPath, settings, asked, async (ledger) => {
    const order: PersonOrder = { does, person, run, until, reason, actor: 'operator' }
    const done = await carryOut({ ledger, clock: systemClock }, order)
    if (done.kind !== 'person_done') return wordsOf(done)
    if (done.event === 'erased') forgetIn(settings.state.dir, done.name, done.person)
    if (!done.recorded) return problem('failed', 'It was done, but the ledger did not take the entry that says so.')
    return { schema: 'weir.person/v1', event: done.event, person: done.person, reason: done.reason }
  })
}

interface Question {
  readonly path: string
  readonly schema: string
  readonly body?: unknown
}

/** Whoever holds the lock of the state directory is asked; where nobody does, `directly` gets the ledger. */
async function either<T extends { readonly schema: string }>(
  configPath: string,
  settings: Settings,
  asked: Question & { readonly schema: T['schema'] },
  directly: (ledger: Ledger) => Promise<T | CliProblem>,
): Promise<T | CliProblem> {
  const { state } = settings
  if (!existsSync(state.dir)) return problem('not_found', `No gateway has run with ${configPath} yet.`)
  const lock = takeLock(state.dir)
  if (typeof lock === 'string') {
    const place = await admin(configPath)
    return isProblem(place) ? place : await adminRequest<T>(place, asked)
  }
  try {
    const dice = cryptoDice()
    const ledger = await openLedger({
      dir: join(state.dir, 'ledger'),
      workerUrl: moduleUrl('./threads/ledger-worker.ts', import.meta.url),
      boot: dice.hex(16),
      clock: systemClock,
      ring_bytes,
      vault: placeOfVault({ state }),
    })
    if (!(ledger instanceof Ledger)) return problem('failed', ledger.detail)
    const answer = await directly(ledger)
    const written = await ledger.close()
    return written ? answer : problem('failed', 'The disk did not take the entry that says so.')
  } finally {
    lock.release()
  }
}

/** Of a run: the person it was for, by the pseudonym that stands in its records. */
async function personOf(
  { state }: Settings,
  whom: string,
): Promise<{ readonly person: string; readonly run: RunId | null } | CliProblem> {
  if (!isRunId(whom)) {
    const person = whom.startsWith('user:') ? whom : `user:${whom}`
    if (isPersonId(person) || isPseudonym(person)) return { person, run: null }
    return problem('usage', `${whom} cannot be the name of a person.`)
  }
  const trace = await traceRun(join(state.dir, 'ledger'), whom)
  if (!trace) return problem('not_found', `The ledger keeps nothing of ${whom}.`)
  const person = [...trace.runs, ...trace.calls].find(({ human }) => human !== null)?.human
  return person ? { person, run: whom } : problem('no', `${whom} was for nobody, so nothing of it can be erased.`)
}

function wordsOf(answer: VaultAnswer): CliProblem {
  if (answer.kind === 'unknown') return problem('not_found', 'No such person is kept.')
  if (answer.kind === 'erased') return problem('no', 'They were erased already.')
  if (answer.kind === 'not_held') return problem('no', 'There is no such hold.')
  if (answer.kind === 'held') {
    const words = answer.holds.map(({ run, reason }) => `${run === '' ? 'everything' : run}: ${reason}`)
    return problem('no', `Nothing was erased, a hold stands. ${words.join('; ')}`)
  }
  return problem('failed', answer.kind === 'problem' ? answer.detail : 'The vault did not answer.')
}

async function settingsOf(configPath: string): Promise<Settings | CliProblem> {
  const loaded = await loadConfig(configPath)
  return isLoaded(loaded) ? loaded.settings : problem('no', firstProblem(loaded, configPath))
}
