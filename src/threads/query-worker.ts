/** Entry of the query thread: it waits for SQLite, so that the gateway's thread never does. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import { Answerer, type AskOrder } from '../ledger/index/answer.ts'
import type { QuerySetup } from '../ledger/index/ask.ts'
import { peopleAt } from '../ledger/index/named.ts'

const port = parentPort
assert(port !== null, 'the query worker is started as a thread')
const { path, vault } = workerData as QuerySetup
const answerer = new Answerer(path, systemClock, vault ? peopleAt(vault) : () => null)
port.on('message', (order: AskOrder | 'stop') => {
  if (order !== 'stop') return port.postMessage(answerer.answer(order))
  answerer.close()
  port.close()
})
