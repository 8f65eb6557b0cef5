/**
 * A provider of models on a real socket: it answers as the fake provider does, or as a test says, in both shapes, and keeps
 * every request and every response byte for byte.
 */
import { createHash } from 'node:crypto'
import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { Wheel } from '../../src/base/wheel.ts'
import { FakeProvider } from '../../src/relay/models/fake/provider.ts'
import type { Head, Outbound, Receiver } from '../../src/relay/wire/transport.ts'

export interface Recorded {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** SHA-256 of the body. */
  readonly digest: string
  readonly answer: RecordedAnswer
}

export interface RecordedAnswer {
  status: number
  readonly chunks: Buffer[]
  /** How it came to an end; null as long as it is under way, `left` where the other side went. */
  end: 'whole' | 'cut' | 'left' | null
  /** SHA-256 of everything that was sent so far. */
  readonly digest: string
  readonly text: string
}

/** What is another than the fake provider would answer. */
export interface Script {
  /** Before anything is answered. */
  readonly wait_ms?: number
  readonly status?: number
  readonly headers?: Head
  /** The body, in the pieces it is sent in; a recorded stream is played back so. */
  readonly chunks?: readonly (string | Uint8Array)[]
  /** Between two pieces. */
  readonly pace_ms?: number
  /** The connection is lost after so many bytes of the body. */
  readonly cutAfter_bytes?: number
  /** After its pieces nothing comes, and the connection stays. */
  readonly stays?: boolean
}

export interface RecordingProvider {
  /** Without a path: what SDKs of Anthropic take. */
  readonly url: string
  /** With the version: what SDKs of OpenAI take. */
  readonly v1: string
  readonly recorded: readonly Recorded[]
  /** The newest request; throws where there was none. */
  last(): Recorded
  /** How the next requests are answered; after that the fake provider answers again. */
  next(script: Script, times?: number): void
  /** Forgets what was recorded and what is to come. */
  clear(): void
  stop(): Promise<void>
}

export async function startRecordingProvider(): Promise<RecordingProvider> {
  const wheel = new Wheel(systemClock, { tick_ms: 5, slots: 256 })
  const fake = new FakeProvider({ wheel, clock: systemClock })
  const recorded: Recorded[] = []
  const scripts: Script[] = []
  const server = createServer((request, response) => {
    void answer(request, response)
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = record(request, await readBody(request))
    recorded.push(one)
    const script = scripts.shift() ?? {}
    const out = new Outlet(response, one.answer, script.cutAfter_bytes ?? Number.POSITIVE_INFINITY)
    if (script.wait_ms !== undefined) await sleep(script.wait_ms)
    if (script.chunks !== undefined) return playBack(out, script)
    const wire = fake.send(outboundOf(one), faker(out, script))
    response.on('close', () => wire.abort())
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    v1: `${url}/v1`,
    recorded,
    last() {
      const one = recorded.at(-1)
      if (!one) throw new Error('nothing was asked')
      return one
    },
    next(script, times = 1) {
      for (let count = 0; count < times; count += 1) scripts.push(script)
    },
    clear() {
      recorded.length = 0
      scripts.length = 0
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      wheel.stop()
    },
  }
}

export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function record({ method = '', url = '', headers }: IncomingMessage, body: Buffer): Recorded {
  const chunks: Buffer[] = []
  const answer: RecordedAnswer = {
    status: 0,
    chunks,
    end: null,
    get digest() {
      return sha256(...chunks)
    },
    get text() {
      return Buffer.concat(chunks).toString()
    },
  }
  return { method, path: url, headers, body, digest: sha256(body), answer }
}

function outboundOf({ method, path, headers, body }: Recorded): Outbound {
  const list = Object.entries(headers).flatMap(([name, value]) => [name, String(value)])
  return { method: method as Outbound['method'], origin: '', path, headers: list, body, tls: null }
}

/** Writes an answer and records what was written. */
class Outlet {
  readonly #response: ServerResponse
  readonly #answer: RecordedAnswer
  #left_bytes: number

  constructor(response: ServerResponse, answer: RecordedAnswer, cutAfter_bytes: number) {
    this.#response = response
    this.#answer = answer
    this.#left_bytes = cutAfter_bytes
    response.on('close', () => (answer.end ??= 'left'))
  }

  get over(): boolean {
    return this.#answer.end !== null
  }

  head(status: number, head: Head): void {
    this.#answer.status = status
    this.#response.writeHead(status, { ...head })
    this.#response.flushHeaders()
  }

  write(chunk: Uint8Array): void {
    if (this.over) return
    const piece = Buffer.from(chunk.subarray(0, this.#left_bytes))
    this.#left_bytes -= piece.length
    this.#answer.chunks.push(piece)
    const isCut = piece.length < chunk.length
    if (isCut) this.#answer.end = 'cut'
    this.#response.write(piece, () => isCut && this.cut())
  }

  end(): void {
    if (this.over) return
    this.#answer.end = 'whole'
    this.#response.end()
  }

  cut(): void {
    this.#answer.end ??= 'cut'
    this.#response.destroy()
  }
}

function faker(out: Outlet, script: Script): Receiver {
  return {
    onHead: (status, head) => out.head(script.status ?? status, { ...head, ...script.headers }),
    onBytes: (chunk) => out.write(chunk),
    onEnd: () => out.end(),
    // What was written is on its way by then; only what comes after is lost.
    onFault: () => setTimeout(() => out.cut(), 10),
  }
}

async function playBack(out: Outlet, script: Script): Promise<void> {
  const { status = 200, headers = {}, chunks = [], pace_ms = 0, stays = false } = script
  out.head(status, { 'content-type': 'application/json', ...headers })
  for (const chunk of chunks) {
    if (pace_ms > 0) await sleep(pace_ms)
    out.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  }
  if (!stays) out.end()
}
