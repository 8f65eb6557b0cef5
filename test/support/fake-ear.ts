/** The fake provider in unit tests: an ear that notes what it hears in order, and answers as they are before they are sent. */
import { expect } from 'vitest'
import { answerTo } from '../../src/relay/models/fake/answer.ts'
import { type Head, type Outbound, type Receiver } from '../../src/relay/wire/transport.ts'
import type { Fault } from '../../src/domain/fault.ts'

export class Ear implements Receiver {
  readonly heard: string[] = []
  status = 0
  head: Head = {}
  fault: Fault | null = null
  readonly #chunks: Buffer[] = []
  readonly #over = Promise.withResolvers<void>()
  onChunk: () => void = () => {}

  get over(): Promise<void> {
    return this.#over.promise
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }

  /** The events of a stream, without their names; `[DONE]` as it is. */
  get events(): readonly unknown[] {
    const data = [...this.text.matchAll(/^data: (.*)$/gm)].map(([, json]) => json ?? '')
    return data.map((json) => (json === '[DONE]' ? json : (JSON.parse(json) as unknown)))
  }

  onHead(status: number, head: Head): void {
    this.heard.push('head')
    this.status = status
    this.head = head
  }

  onBytes(chunk: Buffer): void {
    this.heard.push('bytes')
    this.#chunks.push(chunk)
    this.onChunk()
  }

  onEnd(): void {
    this.heard.push('end')
    this.#over.resolve()
  }

  onFault(fault: Fault): void {
    this.heard.push('fault')
    this.fault = fault
    this.#over.resolve()
  }
}

export const chatPath = '/chat/completions'
export const messagesPath = '/v1/messages'

export function outbound(path: string, body: object | null, more: Partial<Outbound> = {}): Outbound {
  return {
    method: body === null ? 'GET' : 'POST',
    origin: 'http://fake',
    path,
    headers: [],
    body: body === null ? null : Buffer.from(JSON.stringify(body)),
    tls: null,
    ...more,
  }
}

/** A conversation of one user message. */
export function saying(model: string, content: string, more: object = {}): object {
  return { model, max_tokens: 100, messages: [{ role: 'user', content }], ...more }
}

export const now_ms = 1_800_000_000_500
export const created_s = 1_800_000_000

export type Json = Readonly<Record<string, unknown>>

/** What stands at the end of a path of members and places. */
export function dig(from: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Readonly<Record<string | number, unknown>> | undefined)?.[key],
    from,
  )
}

export function like(form: RegExp): unknown {
  return expect.stringMatching(form)
}

export function textOf(request: Outbound): string {
  return [...answerTo(request, now_ms).pieces].map(({ data }) => data).join('')
}

export function ask(path: string, body: object): Json {
  return JSON.parse(textOf(outbound(path, body))) as Json
}
