/** Persons for operators: who is kept under which pseudonym, what holds them, and how they are forgotten. */
import { isPersonId, isPseudonym, isRunId, type PersonId } from '../domain/ids.ts'
import { carryOut, type PersonDone, type PersonOrder } from '../ledger/vault/carry-out.ts'
import { withoutName } from '../ledger/vault/texts.ts'
import type { PersonPlace } from '../ledger/vault/people-pages.ts'
import type { VaultAnswer } from '../ledger/vault/orders.ts'
import type { Road } from '../pipeline/road.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { readWhole } from './parameters.ts'
import { readOrder } from './order.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

type Parts = Pick<Road, 'ledger' | 'clock'> & {
  readonly tasks: Pick<Road['tasks'], 'forget'>
  readonly revocations: Pick<Road['revocations'], 'forget' | 'save'>
  readonly connector: { readonly vault: Pick<Road['connector']['vault'], 'forget'> }
}

const summaries = {
  erase: 'Deletes the key of a person: records stay, whom they were about is gone',
  hold: 'Lets nobody erase a person, or anybody of a run',
  release: 'Takes a hold back',
} as const

export function peopleRoutes(road: Parts): readonly Route[] {
  const orders = (['erase', 'hold', 'release'] as const).map((does): Route => ({
    method: 'POST',
    path: `/api/v1/people/:name/${does}`,
    may: 'forget_people',
    summary: summaries[does],
    body: 'PersonOrder',
    answers: 'PersonDone',
    answer: (request) => order(road, does, request),
  }))
  const listing: Route = {
    method: 'GET',
    path: '/api/v1/people',
    may: 'know_people',
    summary: 'Who is kept under which pseudonym, and what holds them',
    answers: 'PersonList',
    query: ['cursor', 'limit'],
    answer: (request) => list(road, request),
  }
  return [listing, ...orders]
}

async function list({ ledger }: Parts, { query }: AdminRequest): Promise<Written> {
  const limit = readWhole(query, 'limit')
  if (typeof limit !== 'number') return limit
  const cursor = query.get('cursor')
  const after = cursor === null ? null : readPlace(cursor)
  if (cursor !== null && !after)
    return writeProblem(400, 'bad_cursor', 'No such cursor', 'The cursor is none of a list of persons.')
  const answer = await ledger.people.ask({ ask: 'list', after, limit })
  if (answer.kind !== 'people') return refusal(answer)
  const { people, next } = answer
  return json(200, { schema: 'weir.people/v1', people, next: next && writePlace(next) })
}

const cursorForm = /^[A-Za-z0-9_-]{1,128}$/
const placeForm = /^people ([0-9]{1,16}) (user:~[a-z2-7]{26})$/

/** Where the list goes on: opaque to whoever holds it. */
function writePlace({ created_at, pseudonym }: PersonPlace): string {
  return Buffer.from(`people ${created_at} ${pseudonym}`).toString('base64url')
}

function readPlace(cursor: string): PersonPlace | null {
  const text = cursorForm.test(cursor) ? Buffer.from(cursor, 'base64url').toString('latin1') : ''
  const [, created_at, pseudonym] = placeForm.exec(text) ?? []
  return created_at === undefined || pseudonym === undefined ? null : { created_at: Number(created_at), pseudonym }
}

async function order(road: Parts, does: PersonOrder['does'], request: AdminRequest): Promise<Written> {
  const asked = readOrder(request)
  if ('status' in asked) return asked
  const { reason, actor } = asked
  const { run = null, until = null } = asked.asked
  const named = decodeURIComponent(request.parameters['name'] ?? '')
  const person = named.startsWith('user:') ? named : `user:${named}`
  if (!isPersonId(person) && !isPseudonym(person)) return refusal({ kind: 'unknown' })
  const wellSaid = (run === null || (typeof run === 'string' && isRunId(run))) && (until === null || isTime(until))
  if (!wellSaid || (does === 'erase' && (run !== null || until !== null)))
    return writeProblem(400, 'invalid_request', 'Not understood', timesSaid)
  const done = await carryOut(road, { does, person, run, until, reason, actor })
  if (done.kind !== 'person_done') return refusal(done)
  if (done.event === 'erased' && isPersonId(done.name)) await forget(road, done.name, done.person)
  return answerDone(done)
}

async function forget({ tasks, connector, revocations }: Parts, name: PersonId, pseudonym: string): Promise<void> {
  revocations.forget(name, (text) => withoutName(text, name, pseudonym))
  await Promise.all([tasks.forget(name), connector.vault.forget(name), revocations.save()])
}

const timesSaid = 'A hold and a release may name a run; a hold may have until, in milliseconds since the epoch.'

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function answerDone({ event, person, reason, recorded }: PersonDone): Written {
  if (recorded) return json(200, { schema: 'weir.person/v1', event, person, reason })
  return writeProblem(500, 'not_recorded', 'Done, but not recorded', 'The ledger did not take the entry that says so.')
}

function refusal(answer: VaultAnswer): Written {
  if (answer.kind === 'unknown') return writeProblem(404, 'not_found', 'Nobody by that name', 'No such person is kept.')
  if (answer.kind === 'erased') return writeProblem(409, 'erased', 'Erased already', 'Nothing is kept of them.')
  if (answer.kind === 'not_held') return writeProblem(409, 'not_held', 'Not held', 'There is no such hold.')
  if (answer.kind === 'held') return writeProblem(409, 'held', 'Nothing was erased: a hold stands', heldWords(answer))
  return writeProblem(503, 'vault_failing', 'Nothing was done', answer.kind === 'problem' ? answer.detail : '')
}

function heldWords({ holds }: VaultAnswer & { kind: 'held' }): string {
  const words = holds.map(({ run, until, reason }) => {
    const end = until === null ? 'until it is released' : `until ${new Date(until).toISOString()}`
    return `${run === '' ? 'everything' : run} ${end}, because: ${reason}`
  })
  return `Held: ${words.join('; ')}.`
}
