/** Messages over a channel, and what came for them; processes for it, and a log that is read. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/base/clock.ts'
import { Wheel } from '../../src/base/wheel.ts'
import { Secret } from '../../src/config/secret.ts'
import type { ToolProcess } from '../../src/config/settings-tools.ts'
import type { Fault } from '../../src/domain/fault.ts'
import type { Channel, Sent } from '../../src/relay/mcp/channel.ts'
import { Children } from '../../src/relay/mcp/children.ts'
import type { Wire } from '../../src/relay/wire/transport.ts'

export interface Said {
  readonly id?: number | string
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: unknown
}

export function messageTo(said: Said, headers: Sent['headers'] = []): Sent {
  const token = (said.params?.['_meta'] as { progressToken?: unknown } | undefined)?.progressToken
  return {
    message: Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...said })),
    id: said.id === undefined || said.method === undefined ? null : JSON.stringify(said.id),
    progressToken: token === undefined ? null : JSON.stringify(token),
    headers,
  }
}

interface Heard {
  readonly messages: readonly Message[]
  readonly fault: Fault | null
  readonly status: number | null
}

export interface Message {
  readonly id?: number | string | null
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: number; readonly message: string }
}

export interface Asked extends Promise<Heard> {
  readonly wire: Wire
  /** What came so far. */
  readonly messages: Message[]
}

/** Sends a request; resolves at its end. `onMessage` hears each message as it comes. */
export function ask(channel: Channel, sent: Said | Sent, onMessage: (message: Message) => void = () => {}): Asked {
  const { promise, resolve } = Promise.withResolvers<Heard>()
  const messages: Message[] = []
  let status: number | null = null
  const wire = channel.send('message' in sent ? sent : messageTo(sent), {
    onHead: (seen) => (status = seen),
    onMessage: (bytes) => {
      const message = JSON.parse(bytes.toString()) as Message
      messages.push(message)
      onMessage(message)
    },
    onEnd: (fault) => resolve({ messages, fault, status }),
  })
  return Object.assign(promise, { wire, messages })
}

export function tell(channel: Channel, said: Said): Promise<Fault | null> {
  return new Promise((resolve) => channel.tell(messageTo(said), resolve))
}

interface Listened {
  readonly messages: Message[]
  readonly wire: Wire
  readonly end: Promise<Fault | null>
}

export function listen(channel: Channel): Listened {
  const { promise: end, resolve } = Promise.withResolvers<Fault | null>()
  const messages: Message[] = []
  const wire = channel.listen([], {
    onMessage: (bytes) => void messages.push(JSON.parse(bytes.toString()) as Message),
    onEnd: resolve,
  })
  return { messages, wire, end }
}

/** The handshake of the legacy era; answers what the server says of itself. */
export async function greet(channel: Channel, capabilities: object = {}): Promise<Message | undefined> {
  const params = { protocolVersion: '2025-06-18', capabilities, clientInfo: { name: 'test', version: '1.0.0' } }
  const { messages } = await ask(channel, { id: 0, method: 'initialize', params })
  await tell(channel, { method: 'notifications/initialized' })
  return messages[0]
}

interface LogLine {
  readonly level: 'debug' | 'warn'
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

export interface Nursery extends AsyncDisposable {
  readonly children: Children
  readonly log: LogLine[]
}

export const lineSettings = { open_max: 8, held_bytes: 1000 }

export function nursery(processes_max = 8, environment: Record<string, string> = { PATH: '/usr/bin:/bin' }): Nursery {
  const log: LogLine[] = []
  const write =
    (level: LogLine['level']) =>
    (message: string, facts = {}) =>
      void log.push({ level, message, facts })
  const children = new Children({
    processes_max,
    environment,
    lines: lineSettings,
    wheel: new Wheel(systemClock),
    clock: systemClock,
    log: { debug: write('debug'), warn: write('warn') },
  })
  return { children, log, [Symbol.asyncDispose]: () => children.close() }
}

const scripts = {
  odd: fileURLToPath(new URL('odd-child.ts', import.meta.url)),
  official: fileURLToPath(new URL('stdio-server.ts', import.meta.url)),
}

function processOf(script: keyof typeof scripts, args: readonly string[], more: Partial<ToolProcess>): ToolProcess {
  return {
    command: process.execPath,
    args: [scripts[script], ...args],
    env: [],
    cwd: null,
    shared: false,
    start_ms: 20_000,
    line_bytes: 10_485_760,
    restart: { first_ms: 60_000, max_ms: 60_000, steady_ms: 60_000 },
    ...more,
  }
}

export function odd(mode: string, more: Partial<ToolProcess> = {}, arg = ''): ToolProcess {
  return processOf('odd', [mode, arg], more)
}

export function official(generation: string): ToolProcess {
  return processOf('official', [generation], {})
}

export const secretEnv = (name: string, value: string): ToolProcess['env'] => [[name, new Secret(value)]]

/** Whether a process is there that has not ended; one that nobody has buried yet has. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
