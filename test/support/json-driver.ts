/** The smallest driver there can be, on the real transport: it posts one line of JSON and reads one JSON answer. */
import type { JsonObject } from '../../src/base/json.ts'
import type { Driver, Ear, Line } from '../../src/relay/driver.ts'
import { makeFault, type Receiver, type Transport, type Wire } from '../../src/relay/wire/transport.ts'
import { said } from './pool-kit.ts'

export function jsonDriver(url: string, transport: Transport): Driver {
  const { origin, pathname: path } = new URL(url)
  return {
    features: { stream: false, get: true, subscribe: false, cancel: true, blocking: true },
    open(ask, _errand, ear) {
      const taskId = 'call' in ask ? ask.call.taskId : ask.taskId
      const body = Buffer.from(JSON.stringify({ method: ask.operation, taskId } satisfies JsonObject))
      const headers = ['content-type', 'application/json']
      const wire = transport.send({ method: 'POST', origin, path, headers, body, tls: null }, new Reader(ear))
      return lineOf(wire)
    },
  }
}

function lineOf(wire: Wire): Line {
  return {
    instance: null,
    get sent() {
      return wire.sent
    },
    abort: () => wire.abort(),
    pause: () => wire.pause(),
    resume: () => wire.resume(),
  }
}

class Reader implements Receiver {
  readonly #ear: Ear
  readonly #chunks: Buffer[] = []
  #status = 0

  constructor(ear: Ear) {
    this.#ear = ear
  }

  onHead(status: number): void {
    this.#status = status
    this.#ear.onHead([])
  }

  onBytes(chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onEnd(): void {
    if (this.#status !== 200) return this.#ear.onFault(makeFault('bad_answer', `status ${this.#status}`, true))
    this.#ear.onSaid({ ...said, payload: Buffer.concat(this.#chunks) })
    this.#ear.onEnd()
  }

  onFault: Receiver['onFault'] = (fault) => this.#ear.onFault(fault)
}
