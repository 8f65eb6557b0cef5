/**
 * The upstream of the benchmarks: a uWebSockets.js agent that answers every SendMessage with the same 1 KB. Its argument
 * says what: `task` (the same one, the usual), `fresh` (a new task each time) or `message`.
 */
import { serveBare } from './bare-server.ts'

const text = 'x'.repeat(700)
const parts = [{ text, mediaType: 'text/plain' }]
const task = {
  id: 'task-1',
  contextId: 'context-1',
  status: { state: 'TASK_STATE_COMPLETED', timestamp: '2026-11-21T00:00:00.000Z' },
  artifacts: [{ artifactId: 'a1', name: 'out', parts }],
}
const message = { messageId: 'r-1', contextId: 'context-1', role: 'ROLE_AGENT', parts }

function answerOf(result: object): Buffer {
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result }))
}

const same = { task: answerOf({ task }), message: answerOf({ message }) }
const template = same.task.toString()
let count = 0

function fresh(): Buffer {
  count += 1
  return Buffer.from(template.replace('"task-1"', `"task-${count}"`))
}

const mode = process.argv[2] ?? 'task'
serveBare('the mock agent', ({ answer }) =>
  answer('200 OK', mode === 'fresh' ? fresh() : mode === 'message' ? same.message : same.task),
)
