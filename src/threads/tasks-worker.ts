/** Entry of the tasks' thread: it waits for the disk, so that the gateway's thread never does. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { runKeeper } from '../tasks/keeper.ts'
import type { KeeperSetup } from '../tasks/shelves.ts'

const port = parentPort
assert(port !== null, 'the tasks worker is started as a thread')
runKeeper(workerData as KeeperSetup, {
  tell: (news) => port.postMessage(news),
  hear: (heard) => port.on('message', heard),
  close: () => port.close(),
})
