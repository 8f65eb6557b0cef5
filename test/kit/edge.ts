/** What the tests of the listeners share: a listener on a free port, and a raw TCP peer. */

import { connect, type Socket } from 'node:net'
import { systemClock } from '../../src/base/clock.ts'
import { cryptoDice } from '../../src/base/dice.ts'
import { isListenFailure, type Listener, type ListenerOptions } from '../../src/edge/contract.ts'
import { openListener } from '../../src/edge/listener.ts'
import type { Serve } from '../../src/protocol/http.ts'

export const engines = ['uws', 'node'] as const

export function optionsOf(changes: Partial<ListenerOptions> = {}): ListenerOptions {
  return {
    engine: 'auto',
    host: '127.0.0.1',
    port: 0,
    tls: null,
    header_bytes: 16_384,
    body_bytes: 100_000,
    body_ms: 10_000,
    open_calls: 100,
    clock: systemClock,
    dice: cryptoDice(),
    onBug: () => {},
    ...changes,
  }
}

export async function listen(changes: Partial<ListenerOptions>, serve: Serve): Promise<Listener> {
  const listener = await openListener(optionsOf(changes), serve)
  if (isListenFailure(listener)) throw new Error(listener.detail)
  return listener
}

/** One TCP connection and everything that came back on it. */
export class Peer {
  readonly socket: Socket
  text = ''
  closed = false

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setNoDelay(true)
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.closed = true
    })
  }

  send(text: string): this {
    this.socket.write(Buffer.from(text, 'latin1'))
    return this
  }

  /** Status of the first answer, 0 if none came. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.text)?.[1] ?? 0)
  }

  async untilClosed(): Promise<this> {
    await eventually(() => this.closed)
    return this
  }

  async until(holds: (text: string) => boolean): Promise<this> {
    await eventually(() => holds(this.text) || this.closed)
    return this
  }
}

/** What a test opened, to be closed again after it. */
export class Stage {
  readonly #listeners: Listener[] = []
  readonly #peers: Peer[] = []

  async open(changes: Partial<ListenerOptions>, serve: Serve): Promise<Listener> {
    const listener = await listen(changes, serve)
    this.#listeners.push(listener)
    return listener
  }

  peer(listener: { readonly port: number }): Peer {
    const peer = new Peer(listener.port)
    this.#peers.push(peer)
    return peer
  }

  async clear(): Promise<void> {
    for (const peer of this.#peers.splice(0)) peer.socket.destroy()
    for (const listener of this.#listeners.splice(0)) await listener.close()
  }
}

/** Waits until something holds, at most 20 s. */
export async function eventually(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries === 4000) throw new Error(`never held: ${holds.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
