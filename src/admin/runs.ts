/** Orders about runs: open, end, halt, taint. Every order has a reason and an actor. */
import { prefixed } from '../config/fields.ts'
import { isAgentId, isPersonId, isRunId } from '../domain/ids.ts'
import { isDenial } from '../domain/verdict.ts'
import type { LiveRun } from '../limits/live-run.ts'
import { taints } from '../domain/principal.ts'
import { readTaint } from '../domain/taint.ts'
import { haltRun } from '../pipeline/halt.ts'
import { taintRun } from '../pipeline/taint.ts'
import type { Road } from '../pipeline/road.ts'
import { runEntry } from '../pipeline/run-entry.ts'
import { detailOf } from '../pipeline/run-view.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { readOrder } from './order.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

export function runRoutes(road: Road): readonly Route[] {
  const path = '/api/v1/runs'
  const orders = verbs.map(([verb, summary, body, carryOut]): Route => ({
    method: 'POST',
    path: `${path}/:id/${verb}`,
    may: 'order',
    summary,
    body,
    answers: 'RunDetail',
    answer: (request) => withRun(road, request, (run) => carryOut(road, run, request)),
  }))
  return [
    {
      method: 'POST',
      path,
      may: 'order',
      summary: 'Opens a run for work that an operator begins',
      body: 'RunOrder',
      answers: 'RunDetail',
      status: 201,
      answer: (request) => open(road, request),
    },
    ...orders,
  ]
}

const verbs = [
  ['end', 'Ends a run in which nothing is under way', 'Order', end],
  ['taint', 'Lifts the taint of a run', 'TaintOrder', taint],
  ['halt', 'Halts a run and aborts its calls', 'Order', halt],
] as const

function withRun(road: Road, request: AdminRequest, answer: (run: LiveRun) => Written): Written {
  const id = request.parameters['id'] ?? ''
  const run = isRunId(id) ? road.runs.find(id) : undefined
  return run ? answer(run) : writeProblem(404, 'not_found', 'No such run', 'No run of that id is known here any more.')
}

function show(run: LiveRun): Written {
  return json(200, detailOf(run))
}

/** For work that an operator begins: it is there before its first call, and stays until it is ended or its time is over. */
function open(road: Road, request: AdminRequest): Written {
  const order = readOrder(request)
  if ('status' in order) return order
  const { agent: slug, person: name = null } = order.asked
  const agent = typeof slug === 'string' ? prefixed('agent:', slug) : ''
  const person = typeof name === 'string' ? prefixed('user:', name) : null
  const settings = isAgentId(agent) ? road.snapshot.agents.get(agent)?.settings : undefined
  if (!isAgentId(agent) || !settings)
    return writeProblem(404, 'not_found', 'No such agent', 'Name an agent of the configuration.')
  if ((name !== null && person === null) || (person !== null && !isPersonId(person)))
    return writeProblem(400, 'invalid_request', 'No such person', 'A person is a name of letters, digits and . _ @ + -')
  if (!settings.may_start_runs)
    return writeProblem(403, 'run_context_required', 'It starts no runs', `may_start_runs is not set for ${agent}.`)
  const run = road.runs.open(agent, person, road.clock.now())
  if (isDenial(run)) return writeProblem(503, run.code, 'No room', 'The run table is full.')
  const { reason, actor } = order
  if (!road.ledger.append(runEntry(run, 'opened', run.startedAt, { code: 'operator', reason, actor }))) {
    road.runs.end(run, road.clock.now())
    return writeProblem(503, 'busy', 'No record, no run', 'The ledger takes no new run.')
  }
  run.holdUntil(run.endsAt)
  return json(201, detailOf(run))
}

function end(road: Road, run: LiveRun, request: AdminRequest): Written {
  const order = readOrder(request)
  if ('status' in order) return order
  if (run.open > 0) return writeProblem(409, 'run_busy', 'Calls are under way', 'Halt the run to abort them.')
  const { reason, actor } = order
  if (!road.runs.end(run, road.clock.now(), { code: 'operator', reason, actor }))
    return writeProblem(409, 'run_over', 'The run is over', `The run is ${run.state} already.`)
  return show(run)
}

function halt(road: Road, run: LiveRun, request: AdminRequest): Written {
  const order = readOrder(request)
  if ('status' in order) return order
  const { reason, actor } = order
  const done = haltRun(road, run, { code: 'operator', reason, actor, at: road.clock.now(), hop: null }, null)
  return done ? show(run) : writeProblem(409, 'run_over', 'The run is over', `The run is ${run.state} already.`)
}

function taint(road: Road, run: LiveRun, request: AdminRequest): Written {
  const order = readOrder(request)
  if ('status' in order) return order
  const to = readTaint(order.asked['taint'])
  if (to === null) return writeProblem(400, 'invalid_request', 'No such taint', `A taint is ${taints.join(', ')}.`)
  if (run.state !== 'active')
    return writeProblem(409, 'run_over', 'The run is over', `The run is ${run.state} already.`)
  if (taintRun(road, run, to, order)) return show(run)
  return writeProblem(409, 'taint_never_falls', 'The taint only rises', `The run is tainted already: ${run.taint}.`)
}
