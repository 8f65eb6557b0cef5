/** The upstream of the benchmarks: a uWebSockets.js agent that answers every SendMessage with the same 1 KB task. */
import { serveBare } from './bare-server.ts'

const artifact = 'x'.repeat(700)
const task = {
  id: 'task-1',
  contextId: 'context-1',
  status: { state: 'TASK_STATE_COMPLETED', timestamp: '2026-11-21T00:00:00.000Z' },
  artifacts: [{ artifactId: 'a1', name: 'out', parts: [{ text: artifact, mediaType: 'text/plain' }] }],
}
const result = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { task } }))

serveBare('the mock agent', ({ answer }) => answer('200 OK', result))
