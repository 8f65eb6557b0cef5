/** Runs for operators: list, look, halt. Every halt has a reason and an actor. */
import { isRunId } from '../domain/ids.ts'
import type { LiveRun } from '../limits/live-run.ts'
import { haltRun } from '../pipeline/halt.ts'
import type { Road } from '../pipeline/road.ts'
import { detailOf, summaryOf } from '../pipeline/run-view.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { readOrder } from './order.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

const listed = 1000

export function runRoutes(road: Road): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/runs',
      open: false,
      answer: () => json(200, { schema: 'weir.runs/v1', runs: road.runs.list().slice(0, listed).map(summaryOf) }),
    },
    { method: 'GET', path: '/api/v1/runs/:id', open: false, answer: (request) => withRun(road, request, show) },
    {
      method: 'POST',
      path: '/api/v1/runs/:id/halt',
      open: false,
      answer: (request) => withRun(road, request, (run) => halt(road, run, request.body)),
    },
  ]
}

function withRun(road: Road, request: AdminRequest, answer: (run: LiveRun) => Written): Written {
  const id = request.parameters['id'] ?? ''
  const run = isRunId(id) ? road.runs.find(id) : undefined
  return run ? answer(run) : writeProblem(404, 'not_found', 'No such run', 'No run of that id is known here any more.')
}

function show(run: LiveRun): Written {
  return json(200, detailOf(run))
}

function halt(road: Road, run: LiveRun, body: Buffer): Written {
  const order = readOrder(body)
  if ('status' in order) return order
  const { reason, actor } = order
  const done = haltRun(road, run, { code: 'operator', reason, actor, at: road.clock.now(), hop: null }, null)
  return done ? show(run) : writeProblem(409, 'run_over', 'The run is over', `The run is ${run.state} already.`)
}
