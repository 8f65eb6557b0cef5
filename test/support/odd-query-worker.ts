/** A query thread that dies, or never answers, when it is asked to; for tests. */
import { parentPort } from 'node:worker_threads'

const port = parentPort
port?.on('message', (order: 'stop' | { readonly id: number; readonly asked: { readonly run: string } }) => {
  if (order === 'stop') process.exit(0)
  if (order.asked.run === 'die') process.exit(1)
  if (order.asked.run === 'throw') throw new Error('broken')
  if (order.asked.run === 'hang') return
  port.postMessage({ id: order.id, answer: { kind: 'json', text: order.asked.run } }, [])
})
