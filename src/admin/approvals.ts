/** Approvals for operators: what waits for a person, and the two words a person can say about it. */
import type { Filterable } from '../domain/filter.ts'
import { matches } from '../domain/filter-match.ts'
import type { Approval } from '../pipeline/approvals.ts'
import { decideApproval } from '../pipeline/approve.ts'
import type { Road } from '../pipeline/road.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { readFilterOf } from './parameters.ts'
import { readOrder } from './order.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

const listed = 1000
const summaries = { grant: 'Lets exactly this call through, once', refuse: 'Refuses it for as long as its run goes on' }
const verbs = { grant: 'granted', refuse: 'refused' } as const

export function approvalRoutes(road: Road): readonly Route[] {
  const decisions = (['grant', 'refuse'] as const).map((verb): Route => ({
    method: 'POST',
    path: `/api/v1/approvals/:id/${verb}`,
    may: 'decide',
    summary: summaries[verb],
    body: 'Order',
    answers: 'Approval',
    answer: (request) => decide(road, request, verbs[verb]),
  }))
  const listing: Route = {
    method: 'GET',
    path: '/api/v1/approvals',
    may: 'decide',
    summary: 'Calls that wait for a person or were decided about, of runs that go on',
    query: ['filter'],
    answers: 'ApprovalList',
    answer: (request) => list(road, request),
  }
  return [listing, ...decisions]
}

function list({ approvals, clock }: Road, { query }: AdminRequest): Written {
  const filter = readFilterOf(query, clock.now())
  if ('status' in filter) return filter
  const fitting = approvals.list().filter((each) => matches(filter, filterableOf(each)))
  return json(200, { schema: 'weir.approvals/v1', approvals: fitting.slice(0, listed).map(viewOf) })
}

function decide(road: Road, request: AdminRequest, state: 'granted' | 'refused'): Written {
  const order = readOrder(request)
  if ('status' in order) return order
  const approval = road.approvals.find(request.parameters['id'] ?? '')
  if (!approval) {
    const detail = 'None of that id waits here: it was never asked for, was used, or its run is over.'
    return writeProblem(404, 'not_found', 'No such approval', detail)
  }
  const { actor, reason } = order
  const decided = decideApproval(road, approval, { state, actor, reason, at: road.clock.now() })
  if (decided === 'unrecorded')
    return writeProblem(503, 'not_recorded', 'Nothing was decided', 'The ledger takes nothing: no record, no approval.')
  if (decided) return json(200, { schema: 'weir.approval/v1', ...viewOf(decided) })
  return writeProblem(409, 'decided', 'Decided already', `It was ${approval.state} by ${approval.by ?? 'nobody'}.`)
}

function filterableOf({ run, rid, agent, person, target, method, rule, at }: Approval): Filterable {
  return { run: run.id, hop: rid, agent, person, root: run.root, target, method, rule, at }
}

/** The arguments are for the eyes of whoever decides: here and nowhere else. */
function viewOf(approval: Approval): Readonly<Record<string, unknown>> {
  const { id, state, run, rid, agent, person, target, method, args_hash, params_chars, rule, at, by, reason } = approval
  const what = { agent, person, target, method, args_hash, params: approval.preview, params_chars }
  const why = { rule, taint: run.taint, at, by, reason, decided_at: approval.decidedAt }
  return { id, state, run: run.id, hop: rid, ...what, ...why }
}
