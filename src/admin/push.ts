/** Push notifications that were given up, for operators: what they were, and the word that sends one again. */
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import type { Road } from '../pipeline/road.ts'
import type { DeadLetter } from '../tasks/push/contract.ts'
import { readOrder } from './order.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

const listed = 1000

export function pushRoutes(road: Road): readonly Route[] {
  const path = '/api/v1/push/dead'
  return [
    {
      method: 'GET',
      path,
      may: 'look',
      summary: 'Push notifications that were given up, the newest first, at most 1000',
      answers: 'DeadLetterList',
      answer: () => list(road),
    },
    {
      method: 'POST',
      path: `${path}/:id/retry`,
      may: 'order',
      summary: 'Tries one again behind whatever waits for its receiver',
      body: 'Order',
      answers: 'DeadLetter',
      answer: (request) => retry(road, request),
    },
  ]
}

function list({ tasks: { push } }: Road): Written {
  const dead = push.dead().slice(0, listed).map(viewOf)
  return json(200, { schema: 'weir.dead_letters/v1', waiting: push.waiting, dead })
}

function retry(road: Road, request: AdminRequest): Written {
  const order = readOrder(request)
  if ('status' in order) return order
  const { push } = road.tasks
  const letter = push.dead().find(({ id }) => id === request.parameters['id'])
  if (!letter) return writeProblem(404, 'not_found', 'No such letter', 'No dead letter of that id is kept here.')
  if (!push.retry(letter.id)) {
    const detail = 'Its config was deleted or its task is forgotten, or too much waits already.'
    return writeProblem(409, 'not_deliverable', 'It cannot be sent again', detail)
  }
  const { actor, reason } = order
  road.log.warn(`${letter.id} is sent again, said ${actor}: ${reason}`, { agent: letter.target, actor })
  return json(200, { schema: 'weir.dead_letter/v1', ...viewOf(letter) })
}

/** Neither what was to be told nor where: both are their receiver's. */
function viewOf({ id, target, taskId, configId, at, diedAt, reason }: DeadLetter): object {
  return { id, agent: target, task: taskId, config: configId, at, died_at: diedAt, reason }
}
