/** Entry of the archive thread: what is durable becomes rows, telemetry and events here, and nobody waits for it. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import { type ArchiveNews, type ArchiveSetup, runArchive } from '../ledger/run-archive.ts'
import { type ListenerSetup, openListeners } from './archive-listeners.ts'

const port = parentPort
assert(port !== null, 'the archive worker is started as a thread')
const ending = new AbortController()
port.on('message', () => ending.abort())
const { listeners: asked, ...setup } = workerData as ArchiveSetup & { readonly listeners: ListenerSetup }
const tell = (news: ArchiveNews): void => port.postMessage(news)
const listeners = openListeners(asked, { clock: systemClock, tell })
await runArchive(setup, { clock: systemClock, tell, listeners, signal: ending.signal })
port.close()
