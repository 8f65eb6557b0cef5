/** Callers of streams: they read as fast as they can, count events, and know a whole transcript from a cut one. */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Shot } from './latency.ts'

/** Every event here is one line of JSON objects, and no comment ends like this. */
const eventEnd = Buffer.from('}\n\n')

export class EventCount {
  events = 0
  bytes = 0
  /** How the stream begins. */
  begins = ''
  #tail = ''

  push(chunk: Buffer): void {
    this.bytes += chunk.length
    if (this.begins.length < 512) this.begins += chunk.toString('latin1', 0, 512)
    const seam = this.#tail + chunk.toString('latin1', 0, 2)
    if (seam.includes('}\n\n')) this.events += 1
    for (let at = chunk.indexOf(eventEnd); at !== -1; at = chunk.indexOf(eventEnd, at + 3)) this.events += 1
    this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - 2))).slice(-2)
  }
}

/** One stream under way. */
export interface Stream {
  readonly count: EventCount
  /** Rejects where it was refused or cut. */
  readonly ended: Promise<void>
  readonly head: IncomingMessage
  leave(): void
  /** Whether nothing more comes. */
  readonly over: boolean
}

export class Caller {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 1024 })

  /** Resolves with the first bytes of the answer. */
  open(shot: Shot): Promise<Stream> {
    return new Promise((resolve, reject) => {
      const call = request(shot.url, { agent: this.#agent, method: 'POST', headers: shot.headers }, (head) => {
        const type = head.headers['content-type'] ?? 'nothing'
        if (head.statusCode === 200 && type.startsWith('text/event-stream')) resolve(listen(call, head))
        else reject(new Error(`the stream was answered ${head.statusCode ?? 0} with ${type}`))
      })
      call.on('error', reject)
      call.end(shot.body)
    })
  }

  /** Asks and waits for the whole answer. */
  async ask(shot: Shot): Promise<Stream> {
    const stream = await this.open(shot)
    await stream.ended
    return stream
  }

  close(): void {
    this.#agent.destroy()
  }
}

function listen(call: ClientRequest, head: IncomingMessage): Stream {
  const count = new EventCount()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let over = false
  head.on('data', (chunk: Buffer) => count.push(chunk))
  head.on('close', () => {
    over = true
  })
  head.on('end', resolve)
  head.on('error', reject)
  promise.catch(() => undefined)
  const leave = (): void => {
    resolve()
    call.on('error', () => undefined)
    call.destroy()
  }
  return {
    count,
    ended: promise,
    head,
    leave,
    get over() {
      return over
    },
  }
}
