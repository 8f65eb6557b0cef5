/** Entry of the ledger's thread: it does blocking disk work all its life, so that the gateway's thread never does. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { runWriter } from '../ledger/run-writer.ts'
import type { WriterSetup } from '../ledger/writer.ts'

const port = parentPort
assert(port !== null, 'the ledger worker is started as a thread')
runWriter(workerData as WriterSetup, (news) => port.postMessage(news))
