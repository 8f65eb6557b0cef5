/** Processes the demo starts and stops again, by their own ids and whatever happens in between. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { type CliProblem, problem } from '../exit-codes.ts'

/** A script says it is ready in one JSON line on stdout within this time. */
const ready_timeout_ms = 60_000
/** A polite signal is followed by a final one after this time. */
const stop_timeout_ms = 4000
/** Of what a child complains about, as much as helps. */
const complaint_chars_max = 4000

export interface Child {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>
  /** Hands it one JSON line on its stdin. */
  tell(message: object): void
  stop(): Promise<void>
}

type Process = ChildProcessByStdio<Writable, Readable, Readable>

export class Children implements AsyncDisposable {
  readonly #running = new Set<Process>()
  #closed = false

  /** Runs a script on this Node and waits until it is ready; `env` in place of the environment of this process. */
  async start(
    script: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> | null = null,
  ): Promise<Child | CliProblem> {
    if (this.#closed) return problem('interrupted', 'Stopped before everything was started.')
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(env && { env }),
    })
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    child.stdin.on('error', () => undefined)
    const complaint = collect(child.stderr)
    const line = await firstLine(child)
    const ready = line === null ? null : readJson(line)
    if (ready === null)
      return problem('failed', `${script} did not start. ${complaint().trim() || line || 'It said nothing.'}`)
    return {
      ready,
      tell: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
      stop: () => stop(child),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#running].map(stop))
  }
}

function firstLine(child: Process): Promise<string | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ready_timeout_ms)
    const lines = createInterface({ input: child.stdout })
    const settle = (line: string | null): void => {
      clearTimeout(timer)
      resolve(line)
    }
    // The interface stays open, so that whatever comes later is read and the child never blocks on a full pipe.
    lines.on('line', settle)
    child.once('error', () => settle(null))
    child.once('exit', () => settle(null))
  })
}

function readJson(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function collect(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-complaint_chars_max)
  })
  return () => text
}

function stop(child: Process): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stop_timeout_ms)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
