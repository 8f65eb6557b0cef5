/** Compiles a description of an API in a thread of its own, so that nobody waits for it but who asked. */
import { Worker } from 'node:worker_threads'
import { moduleUrl } from '../base/module-url.ts'
import type { CompiledApi, CompileOptions } from '../protocol/openapi/contract.ts'

export interface CompileOrder {
  /** An absolute path, or what stands there. */
  readonly source: string | Uint8Array
  /** What it has to be, in hexadecimal digits; null where that does not matter. */
  readonly sha256: string | null
  readonly options: CompileOptions
}

export interface Compilation {
  readonly kind: 'compiled'
  readonly api: CompiledApi
  readonly sha256: string
  /** Of the description. */
  readonly bytes: number
}

/** Why there is none, for operators. */
export interface Uncompiled {
  readonly kind: 'uncompiled'
  readonly sentence: string
}

export type CompileAnswer = Compilation | Uncompiled

/** GitHub's 13 MB take one second and 0.4 GB; a machine under load gets sixty. */
const compile_ms = 60_000
const heap_mb = 2048

/** Never rejects. */
export async function compileInWorker(order: CompileOrder): Promise<CompileAnswer> {
  const { promise, resolve } = Promise.withResolvers<CompileAnswer>()
  const worker = new Worker(moduleUrl('./api-worker.ts', import.meta.url), {
    workerData: order,
    // It needs no secret of the environment.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: heap_mb },
  })
  const give = (sentence: string): void => resolve({ kind: 'uncompiled', sentence })
  const timer = setTimeout(() => give(`the description was not compiled within ${compile_ms} ms`), compile_ms)
  worker.once('message', (answer: CompileAnswer) => resolve(answer))
  worker.once('error', (error: Error) => give(`the description cannot be compiled: ${error.message}`))
  worker.once('exit', () => give('the description cannot be compiled: its thread ended'))
  const answer = await promise
  clearTimeout(timer)
  await worker.terminate()
  return answer
}
