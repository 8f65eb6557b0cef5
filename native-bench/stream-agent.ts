/**
 * The upstream of the stream benchmarks: an agent that starts a task for every call and streams it. The caller's text says
 * how many artifact events: `200`, `0` for a task that stays silent and open, `held 200` for one that goes on only when the
 * text `go` comes.
 */
import { type Asked, type BareStream, serveBare } from './bare-server.ts'
import { tell, type Telling } from './telling.ts'

const held: Telling[] = []
let count = 0

serveBare('the stream agent', serve)

function serve({ body, answer, stream }: Asked): void {
  const [words = '0'] = /(?<="text":")[^"]*/.exec(body.toString()) ?? []
  if (words === 'go') {
    for (const one of held.splice(0)) tell(one)
    return answer('200 OK', Buffer.from('{}'))
  }
  start(stream(), words.startsWith('held'), Number(words.replace('held ', '')))
}

function start(stream: BareStream, isHeld: boolean, events: number): void {
  count += 1
  const ids = { taskId: `task-${count}`, contextId: `context-${count}` }
  const status = (state: string): object => ({ state, timestamp: '2026-11-21T00:00:00.000Z' })
  stream.write(eventOf({ task: { id: ids.taskId, contextId: ids.contextId, status: status('TASK_STATE_WORKING') } }))
  const one: Telling = {
    stream,
    events: [piece(ids, 'to be'), piece(ids, 'or not')],
    last: eventOf({ statusUpdate: { ...ids, status: status('TASK_STATE_COMPLETED') } }),
    left: events,
  }
  if (isHeld) held.push(one)
  else if (events > 0) tell(one)
}

function piece(ids: object, text: string): Buffer {
  const artifact = { artifactId: 'a1', name: 'out', parts: [{ text: text.padEnd(120, '.'), mediaType: 'text/plain' }] }
  return eventOf({ artifactUpdate: { ...ids, artifact, append: true, lastChunk: false } })
}

function eventOf(result: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result })}\n\n`)
}
