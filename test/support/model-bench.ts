/** A relay of models on real sockets, and providers over `node:http` that do what a test says. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { systemClock } from '../../src/base/clock.ts'
import type { Dice } from '../../src/base/dice.ts'
import { Wheel } from '../../src/base/wheel.ts'
import { modelsSection } from '../../src/config/schema-models.ts'
import type { ConfigFile } from '../../src/config/schema.ts'
import { type ModelsSettings, modelsSettings } from '../../src/config/settings-models.ts'
import type { ModelCall } from '../../src/domain/call.ts'
import { mintHopId } from '../../src/domain/mint-ids.ts'
import { type Denial, issuePermit } from '../../src/domain/verdict.ts'
import type { Exchange, RelaySettings } from '../../src/relay/exchange.ts'
import type { Sender } from '../../src/relay/models/attempt.ts'
import type { Candidate, ModelMission, ModelOutcome, Tier } from '../../src/relay/models/contract.ts'
import { ModelRelay } from '../../src/relay/models/model-relay.ts'
import { ModelPlaces, type ModelReport } from '../../src/relay/models/places.ts'
import { Transport, type TransportSettings } from '../../src/relay/wire/transport.ts'
import { dice } from './hop.ts'
import { patient } from './relay.ts'
import { MemoryReply } from './reply.ts'

export interface Asked {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** On the monotonic clock. */
  readonly at: number
  /** Whether the request was cut before its answer had ended. */
  cut: boolean
}

export interface Provider {
  readonly url: string
  readonly asked: readonly Asked[]
  stop(): Promise<void>
}

type Answer = (response: ServerResponse, nth: number, asked: Asked) => void

/** A provider that answers the nth request, from 0, as `answer` says. */
export async function startProvider(answer: Answer): Promise<Provider> {
  const asked: Asked[] = []
  const hear = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '', headers } = request
    const one: Asked = { path: url, headers, body: await buffer(request), at: systemClock.monotonic(), cut: false }
    asked.push(one)
    response.on('close', () => (one.cut = !response.writableEnded))
    answer(response, asked.length - 1, one)
  }
  // A request that is cut before it was heard is no request.
  const server = createServer((request, response) => void hear(request, response).catch(() => undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function json(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}

export const completion = {
  id: 'c1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
}

export function event(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

export function delta(content: string): string {
  return event({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] })
}

export const usageEvent = event({ id: 'c1', choices: [], usage: { prompt_tokens: 7, completion_tokens: 2 } })
export const doneEvent = event('[DONE]')
export const finishEvent = event({ id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })

export function openEvents(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
}

/** The rows of `models.providers`, as the file would have them. */
export type Rows = Readonly<Record<string, object>>

export function settingsOf(providers: Rows): ModelsSettings {
  return modelsSettings({ models: modelsSection.parse({ providers }) } as ConfigFile)
}

/** Quick, and nobody is left alone, but where a test says so. */
const calm = { backoff_ms: 1, eject_after_faults: 0, attempts_max: 1, retries_per_second_min: 1000 }

export function row(url: string, more: object = {}, resilience: object = {}): object {
  return {
    api: 'openai',
    url: `${url}/v1`,
    keys: [{ key: 'sk-our-key-at-the-provider' }],
    ...more,
    resilience: { ...calm, ...resilience },
  }
}

export interface Trial {
  readonly exchange: Exchange
  readonly reply: MemoryReply
  readonly outcome: Promise<ModelOutcome>
}

const noFake: Sender = {
  send: () => {
    throw new Error('nobody asked for the fake provider')
  },
}

interface Parts {
  readonly settings?: Partial<RelaySettings & TransportSettings>
  readonly report?: Partial<ModelReport>
  readonly dice?: Dice
  readonly fake?: Sender
}

export class ModelBench {
  readonly wheel = new Wheel(systemClock, { tick_ms: 5, slots: 256 })
  readonly places: ModelPlaces
  readonly relay: ModelRelay
  readonly #transport: Transport
  models: ModelsSettings

  constructor(rows: Rows, parts: Parts = {}) {
    const all = { ...patient, ...parts.settings }
    const silent = { onEjected: () => undefined, onRetried: () => undefined, onKeyRefused: () => undefined }
    this.places = new ModelPlaces(systemClock, { ...silent, ...parts.report })
    this.models = settingsOf(rows)
    this.places.use(this.models)
    this.#transport = new Transport(all, this.wheel)
    const bench = { transport: this.#transport, wheel: this.wheel, clock: systemClock, settings: all }
    const world = { places: this.places, fake: parts.fake ?? noFake, dice: parts.dice ?? dice }
    this.relay = new ModelRelay(bench, world)
  }

  reload(rows: Rows): void {
    this.models = settingsOf(rows)
    this.places.use(this.models)
  }

  /** `openai/gpt` or `openai/gpt*3` for a share. */
  candidate(written: string): Candidate {
    const [, id = '', model = '', weight = '1'] = /^([^/]+)\/([^*]+)(?:\*(\d+))?$/.exec(written) ?? []
    const provider = this.models.providers.get(id)
    if (!provider) throw new Error(`no provider ${id}`)
    return { provider, model, weight: Number(weight) }
  }

  /** Each tier is a list of places. */
  send(tiers: readonly (readonly string[])[], more: Partial<ModelMission> = {}, call: Partial<ModelCall> = {}): Trial {
    const choose: Tier['choose'] = 'weight'
    const rows = tiers.map((tier) => ({ candidates: tier.map((each) => this.candidate(each)), choose }))
    return this.carry({ ...missionOf(rows, call), ...more })
  }

  carry(mission: ModelMission, reply = new MemoryReply()): Trial {
    const { promise, resolve } = Promise.withResolvers<ModelOutcome>()
    const permit = issuePermit({ policies: [], policyHash: '' })
    return { exchange: this.relay.send(permit, mission, { reply, done: resolve }), reply, outcome: promise }
  }

  async stop(): Promise<void> {
    this.wheel.stop()
    await this.#transport.close()
  }
}

function modelCallOf(fields: Partial<ModelCall>): ModelCall {
  return {
    id: mintHopId(dice),
    dialect: 'openai-chat',
    operation: 'generate',
    method: 'POST /v1/chat/completions',
    target: { kind: 'model', id: 'openai/gpt' },
    rpcId: 'null',
    body: Buffer.from('{"model":"gpt","messages":[]}'),
    receivedAt: 1_800_000_000_000,
    model: 'gpt',
    streaming: false,
    outputMax: null,
    choices: 1,
    inputBound: 10,
    ...fields,
  }
}

export function missionOf(tiers: readonly Tier[], fields: Partial<ModelCall> = {}): ModelMission {
  const call = modelCallOf(fields)
  return {
    call,
    tiers,
    path: '/chat/completions',
    body: ({ model }) => Buffer.from(JSON.stringify({ model })),
    headers: [['accept', 'application/json']],
    dropsUsage: false,
    standing: () => null,
    onAnswer: () => undefined,
    headersBack: () => [['x-weir', 'here']],
    closing: ({ usage }) => `: weir tokens=${usage?.output_tokens ?? 'unknown'}\n\n`,
    writeDenialEvents: ({ code }: Denial) => event({ error: { code } }),
    writeDenial: ({ code }: Denial) => ({ status: 502, headers: [], body: code }),
  }
}

/** The answer of an outcome as text. */
export function bodyOf({ answer }: ModelOutcome): string {
  return Buffer.from(answer?.body ?? '').toString('utf8')
}

interface Stoppable {
  stop(): Promise<void>
}

/** What one test opens, and what ends all of it, the last first. */
export class ModelHouse {
  readonly #opened: Stoppable[] = []

  keep<T extends Stoppable>(one: T): T {
    this.#opened.push(one)
    return one
  }

  async provider(answer: Answer): Promise<Provider> {
    return this.keep(await startProvider(answer))
  }

  bench(...parts: ConstructorParameters<typeof ModelBench>): ModelBench {
    return this.keep(new ModelBench(...parts))
  }

  async stop(): Promise<void> {
    for (const one of this.#opened.splice(0).toReversed()) await one.stop()
  }
}
