/** A driver on real sockets, and everything its ear hears: what the relay would hear of an agent. */
import { systemClock } from '../../src/base/clock.ts'
import { cryptoDice } from '../../src/base/dice.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { Wheel } from '../../src/base/wheel.ts'
import type { Fault } from '../../src/domain/fault.ts'
import { issueClaim } from '../../src/domain/verdict.ts'
import type { AgentError, Said } from '../../src/protocol/a2a/said.ts'
import type { Ask, Driver, Errand, FollowAsk, Known, Line } from '../../src/relay/driver.ts'
import type { DriverBench } from '../../src/relay/drivers/framework.ts'
import { type Upstream, upstreamAt } from '../../src/relay/wire/upstream.ts'
import { Transport } from '../../src/relay/wire/transport.ts'
import { agentId, callOf, hopOf } from './hop.ts'
import { patient } from './relay.ts'

const settings = { ...patient, first_byte_ms: 20_000, idle_ms: 20_000, stall_ms: 20_000 }

/** What one ask came to. */
export interface Heard {
  readonly said: readonly JsonObject[]
  readonly raw: readonly Said[]
  /** The newest memos of task and conversation. */
  readonly memo: Pick<Known, 'task' | 'context'>
  readonly error: AgentError | null
  readonly fault: Fault | null
  readonly quiet: number
  /** What operators are told. */
  readonly detail: string | null
}

export interface Asking {
  readonly line: Line
  /** What was said so far. */
  readonly said: readonly JsonObject[]
  /** Settles with end, error or fault. */
  readonly heard: Promise<Heard>
  /** The newest memos so far. */
  memo(): Heard['memo']
  /** Settles when something is said that `holds`. */
  until(holds: (event: JsonObject) => boolean): Promise<JsonObject>
}

/** What a message is sent with. */
export interface Talk {
  readonly taskId?: string
  readonly contextId?: string
  readonly known?: Partial<Known>
  readonly immediately?: boolean
  readonly parts?: readonly JsonObject[]
  readonly headers?: Errand['headers']
}

type Make = (upstream: Upstream, bench: DriverBench) => Driver

export class DriverTrial {
  readonly driver: Driver
  readonly #wheel = new Wheel(systemClock, { tick_ms: 5, slots: 256 })
  readonly #transport: Transport

  constructor(url: string, make: Make, overrides: Partial<typeof settings> = {}) {
    const all = { ...settings, ...overrides }
    this.#transport = new Transport(all, this.#wheel)
    const upstream = upstreamAt(url, [['X-Operator', 'operator-secret']])
    const bench = { transport: this.#transport, wheel: this.#wheel, clock: systemClock, settings: all }
    this.driver = make(upstream, { ...bench, dice: cryptoDice() })
  }

  send(text: string, talk: Talk = {}): Asking {
    return this.#start('send', text, talk)
  }

  stream(text: string, talk: Talk = {}): Asking {
    return this.#start('stream', text, talk)
  }

  follow(operation: FollowAsk['operation'], taskId: string, known: Partial<Known> = {}): Asking {
    const owner = { agent: agentId('agent:orchestrator'), person: null, run: null }
    const task = {
      target: agentId('agent:research'),
      taskId,
      contextId: null,
      owner,
      hop: hopOf(callOf({})).id,
      chain: [],
      instance: null,
      dialect: null,
      state: 'TASK_STATE_WORKING',
      createdAt: 0,
      updatedAt: 0,
      memo: null,
      snapshot: null,
    } as const
    const warrant = issueClaim({ id: task.hop, task })
    return this.ask({ operation, warrant, taskId, historyLength: null, known: knownOf(known) })
  }

  #start(operation: 'send' | 'stream', text: string, talk: Talk): Asking {
    const { taskId, contextId, known, immediately = false, parts = [{ text }] } = talk
    const ids = { ...(taskId === undefined ? {} : { taskId }), ...(contextId === undefined ? {} : { contextId }) }
    const message = { messageId: 'm1', role: 'ROLE_USER', parts, ...ids }
    const params = { message, configuration: { returnImmediately: immediately } }
    const call = callOf({}, { operation, taskId: taskId ?? null, contextId: contextId ?? null })
    return this.ask(
      { operation, warrant: hopOf(call), call, params: () => params, known: knownOf(known ?? {}) },
      talk.headers,
    )
  }

  ask(ask: Ask, headers: Errand['headers'] = []): Asking {
    const { promise, resolve } = Promise.withResolvers<Heard>()
    const said: JsonObject[] = []
    const raw: Said[] = []
    const waiting: { readonly holds: (event: JsonObject) => boolean; readonly tell: (event: JsonObject) => void }[] = []
    let memo: Pick<Known, 'task' | 'context'> = { task: ask.known.task, context: ask.known.context }
    let quiet = 0
    let detail: string | null = null
    const close = (error: AgentError | null, fault: Fault | null) => {
      resolve({ said, raw, memo, error, fault, quiet, detail })
    }
    const line = this.driver.open(
      ask,
      { delivery: 'delivery-token', credential: [], headers, standing: () => null },
      {
        onHead: () => {},
        onMemo: (more) => (memo = { ...memo, ...more }),
        onSaid: (event) => {
          raw.push(event)
          const told = JSON.parse(event.payload.toString()) as JsonObject
          said.push(told)
          for (const { holds, tell } of waiting) if (holds(told)) tell(told)
        },
        onDetail: (told) => (detail = told),
        onQuiet: () => (quiet += 1),
        onEnd: () => close(null, null),
        onError: (error) => close(error, null),
        onFault: (fault) => close(null, fault),
      },
    )
    const until = (holds: (event: JsonObject) => boolean) =>
      new Promise<JsonObject>((tell) => {
        const found = said.find(holds)
        if (found) tell(found)
        else waiting.push({ holds, tell })
      })
    return { line, said, heard: promise, memo: () => memo, until }
  }

  async stop(): Promise<void> {
    this.#wheel.stop()
    await this.#transport.close()
  }
}

function knownOf(known: Partial<Known>): Known {
  return { instance: null, task: null, context: null, ...known }
}

/** `TASK_STATE_...` of an event, null for one that tells none. */
export function stateIn(event: JsonObject | undefined): string | null {
  const { task, statusUpdate } = (event ?? {}) as Record<string, { status: { state: string } } | undefined>
  return (task ?? statusUpdate)?.status.state ?? null
}

/** Everything the artifacts in these events say in texts, appended as the events say. */
export function textIn(events: readonly JsonObject[]): string {
  const texts = new Map<string, string>()
  const add = ({ artifactId, parts }: Artifact, append: boolean) => {
    const text = parts.map((part) => part.text ?? '').join('')
    texts.set(artifactId, append ? (texts.get(artifactId) ?? '') + text : text)
  }
  for (const { task, artifactUpdate } of events as readonly Told[]) {
    for (const artifact of task?.artifacts ?? []) add(artifact, false)
    if (artifactUpdate) add(artifactUpdate.artifact, artifactUpdate.append)
  }
  return [...texts.values()].join('\n')
}

interface Artifact {
  readonly artifactId: string
  readonly parts: readonly { readonly text?: string }[]
}

interface Told {
  readonly task?: { readonly artifacts?: readonly Artifact[] }
  readonly artifactUpdate?: { readonly artifact: Artifact; readonly append: boolean }
}
