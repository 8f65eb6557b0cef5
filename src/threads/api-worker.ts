/** Entry of a thread that compiles one description of an API and ends: large ones take seconds. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { parseDescription, readDescription } from '../config/description.ts'
import { compileApi } from '../protocol/openapi/compile.ts'
import type { CompileAnswer, CompileOrder } from './compile-in-worker.ts'

async function work({ source, sha256, options }: CompileOrder): Promise<CompileAnswer> {
  const bytes = typeof source === 'string' ? await readDescription(source) : source
  if (typeof bytes === 'string') return { kind: 'uncompiled', sentence: bytes }
  const read = parseDescription(bytes)
  if (typeof read === 'string') return { kind: 'uncompiled', sentence: read }
  if (sha256 !== null && sha256 !== read.sha256)
    return {
      kind: 'uncompiled',
      sentence: `the description is not the one that was pinned: its SHA-256 is ${read.sha256}`,
    }
  return { kind: 'compiled', api: compileApi(read.document, options), sha256: read.sha256, bytes: bytes.byteLength }
}

const port = parentPort
assert(port !== null, 'the compiler of descriptions is started as a thread')
port.postMessage(await work(workerData as CompileOrder))
