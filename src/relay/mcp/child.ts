/**
 * One tool server as a child process: messages are lines on its standard streams. It has a process group of its own, so that whatever
 * it starts ends with it, and no shell in between.
 *
 *     running --- close --> stdin ends --- end_ms --> SIGTERM to the group --- term_ms --> SIGKILL to the group
 *        |                      |                          |                                   |
 *        '---- the leader is gone, by itself or not: SIGKILL to whoever is left of its group --'--> ended
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { jsonShape } from '../../base/json-shape.ts'
import { scanJson } from '../../base/json-scan.ts'
import { LineSplitter, onOneLine, tooLong } from '../../base/line-splitter.ts'
import type { Alarm, Wheel } from '../../base/wheel.ts'
import type { ToolProcess } from '../../config/settings-tools.ts'
import type { Fault, FaultCode } from '../../domain/fault.ts'
import { makeFault } from '../wire/transport.ts'
import type { Sent } from './channel.ts'
import type { Line, LineEars, Refused } from './line.ts'
import { StderrTail } from './stderr-tail.ts'

/** How a process ended. */
export interface ChildEnd {
  /** In words, for operators. */
  readonly how: string
  /** Whether nobody had closed it. */
  readonly byItself: boolean
  /** Whether it ended without a word on being greeted with `server/discover`, as servers do that do not know that. */
  readonly wasStrange: boolean
  /** The last lines of its standard error, cleaned. */
  readonly stderr: readonly string[]
}

interface ChildParts {
  readonly wheel: Wheel
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>
  /** It has said something; once. */
  onSpeak(): void
  onEnd(end: ChildEnd): void
}

/** A server that was told to end gets so long to do it by itself, and then so long again after SIGTERM. */
const end_ms = 2000
const term_ms = 3000
/** What was written before the end is still read for so long; somebody outside of the group may hold the stream open. */
const rest_ms = 1000
const stderr_lines_shown = 5

export class Child implements Line {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #settings: ToolProcess
  readonly #parts: ChildParts
  readonly #ears: LineEars
  readonly #splitter: LineSplitter
  readonly #tail: StderrTail
  readonly #alarm: Alarm
  #silence: Alarm | null = null
  #phase: 'fresh' | 'asked' | 'speaking' = 'fresh'
  #probed = false
  #stopping: 'no' | 'ends' | 'terminated' | 'killed' = 'no'
  /** Why Weir itself ends it, where nobody asked it to. */
  #blame: string | null = null
  #deaf = false
  #gone = false

  /** Throws where no process can be had at once; an error that comes later is an end. */
  constructor(settings: ToolProcess, ears: LineEars, parts: ChildParts) {
    const { command, args, cwd, line_bytes, env } = settings
    this.#settings = settings
    this.#parts = parts
    this.#ears = ears
    this.#splitter = new LineSplitter(line_bytes)
    this.#tail = new StderrTail(env.map(([, value]) => value.reveal()))
    this.#process = spawn(command, args, {
      cwd: cwd ?? undefined,
      env: { ...parts.environment, ...Object.fromEntries(env.map(([name, value]) => [name, value.reveal()])) },
      detached: true,
      shell: false,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    this.#alarm = parts.wheel.after(settings.start_ms, () => this.#late())
    this.#alarm.cancel()
    this.#attend(this.#process)
  }

  get pid(): number | null {
    return this.#process.pid ?? null
  }

  write({ message }: Sent, done: (refused: Refused | null) => void): void {
    const { stdin } = this.#process
    const line = Buffer.concat([onOneLine(message), newLine])
    if (this.#stopping !== 'no' || this.#gone || !stdin.writable) return done(refusal('reset', 'the process has ended'))
    if (stdin.writableLength + line.length > this.#settings.line_bytes)
      return done(refusal('overloaded', 'the process does not read what it is sent'))
    if (this.#phase === 'fresh') {
      this.#phase = 'asked'
      const spans = scanJson(message, shape)
      this.#probed = spans.kind === 'spans' && spans.text('method') === 'server/discover'
      this.#alarm.push(this.#settings.start_ms)
    }
    stdin.write(line, (error) => done(error ? refusal('reset', 'the process reads no more', true) : null))
  }

  /** Nothing of it is heard any more. */
  close(): void {
    this.#deaf = true
    if (this.#stopping === 'no') this.#stop()
  }

  /** Kills all of its group at once; for when there is no time left. */
  kill(): void {
    this.#stopping = 'killed'
    this.#signal('SIGKILL')
  }

  #attend(child: ChildProcessWithoutNullStreams): void {
    child.stdout.on('data', (chunk: Buffer) => this.#hear(chunk))
    child.stderr.on('data', (chunk: Buffer) => this.#tail.push(chunk))
    // Why a stream broke is told by the end of the process.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) this.#finish(`it cannot be started (${error.code ?? error.name})`, 'connect_failed')
    })
    child.stdout.once('end', () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      // Usually the process is about to end as well; one that goes on without a voice is of no use.
      this.#silence = this.#parts.wheel.after(rest_ms, () => this.#giveUp('reset', 'it closed its standard output'))
    })
    child.once('exit', (code, signal) => {
      this.#silence?.cancel()
      // The leader is reaped only now, so its number is still that of its group and of no other process.
      this.#signal('SIGKILL')
      const how = this.#blame ?? (signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`)
      this.#alarm.cancel()
      const late = this.#parts.wheel.after(rest_ms, () => this.#finish(how))
      child.once('close', () => {
        late.cancel()
        this.#finish(how)
      })
    })
  }

  #hear(chunk: Buffer): void {
    if (this.#deaf) return
    for (const line of this.#splitter.push(chunk)) {
      if (line === tooLong) return this.#giveUp('too_large', 'it sent a line that is too long')
      if (this.#phase === 'asked' && line[0] === openBrace) {
        this.#phase = 'speaking'
        this.#parts.onSpeak()
        if (this.#stopping === 'no') this.#alarm.cancel()
      }
      this.#ears.onMessage(line)
    }
  }

  #late(): void {
    if (this.#stopping === 'no') this.#giveUp('first_byte_timeout', `it said nothing in ${this.#settings.start_ms} ms`)
    else this.#stop()
  }

  #giveUp(code: FaultCode, why: string): void {
    this.#blame = why
    this.#tell(makeFault(code, `the process of the server: ${why}`, true))
    this.#stop()
  }

  /** One step further on the way to its end. */
  #stop(): void {
    if (this.#gone || this.#stopping === 'killed') return
    if (this.#stopping === 'no') {
      this.#stopping = 'ends'
      this.#process.stdin.end()
      return this.#alarm.push(end_ms)
    }
    const terminates = this.#stopping === 'ends'
    this.#stopping = terminates ? 'terminated' : 'killed'
    this.#signal(terminates ? 'SIGTERM' : 'SIGKILL')
    if (terminates) this.#alarm.push(term_ms)
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#process
    if (pid === undefined || this.#gone) return
    try {
      process.kill(-pid, signal)
    } catch {
      // Nobody is left of it.
    }
  }

  #finish(how: string, code: FaultCode = 'reset'): void {
    if (this.#gone) return
    const byItself = this.#blame !== null || this.#stopping === 'no'
    this.#gone = true
    this.#alarm.cancel()
    for (const stream of [this.#process.stdin, this.#process.stdout, this.#process.stderr]) stream.destroy()
    const wasStrange = this.#probed && this.#phase === 'asked'
    this.#parts.onEnd({ how, byItself, wasStrange, stderr: this.#tail.show(stderr_lines_shown) })
    this.#tell(makeFault(code, `the process of the server: ${how}`, false))
  }

  #tell(fault: Fault): void {
    if (this.#deaf) return
    this.#deaf = true
    this.#ears.onEnd(fault)
  }
}

const shape = jsonShape(['method'], 'ignore')
const newLine = Buffer.of(0x0a)
const openBrace = 0x7b

function refusal(code: FaultCode, detail: string, sent = false): Refused {
  return { fault: makeFault(code, detail, sent), answer: null }
}
