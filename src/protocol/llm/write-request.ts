/**
 * What a provider gets of a request: the bytes of the caller. Where something has to be another, its value is exchanged in
 * place, or it is put right behind the name of the model; every other byte stays.
 */
import type { ModelCall, ModelDialect } from '../../domain/call.ts'
import { swapParts } from '../../base/json-splice.ts'
import type { RequestEdits } from './contract.ts'
import { type Finder, plan, walkJson } from './walk.ts'

type CeilingName = 'max_completion_tokens' | 'max_tokens' | 'max_output_tokens'

/**
 * What the ceiling of an answer is called; the first name is the one that is written where the caller wrote none. OpenAI
 * has deprecated the second of chat, and many of those who speak its API know only that one, so a caller's choice stays.
 */
export const ceilingNames: Readonly<Partial<Record<ModelDialect, readonly CeilingName[]>>> = {
  'openai-chat': ['max_completion_tokens', 'max_tokens'],
  'openai-responses': ['max_output_tokens'],
  'anthropic-messages': ['max_tokens'],
}

const found = {
  model: 0,
  max_completion_tokens: 1,
  max_tokens: 2,
  max_output_tokens: 3,
  stream_options: 4,
  include_usage: 5,
}

const root = plan(-1, {
  members: {
    model: plan(found.model),
    max_completion_tokens: plan(found.max_completion_tokens),
    max_tokens: plan(found.max_tokens),
    max_output_tokens: plan(found.max_output_tokens),
    stream_options: plan(found.stream_options, { members: { include_usage: plan(found.include_usage) } }),
  },
})

export type Found = keyof typeof found

/** Where the members stand of a request, in which each of them stands once. */
interface Places {
  at(name: Found): Buffer | undefined
}

/** Whoever has read a body has found them already, and to walk it again takes half as long as to parse it. */
const known = new WeakMap<Uint8Array, Places>()

/** Shorter ones are walked again sooner than they are remembered and forgotten. */
const remembered_bytes = 8192

export function rememberPlaces(body: Uint8Array, at: Places['at']): void {
  if (body.length >= remembered_bytes) known.set(body, { at })
}

function placesIn(body: Uint8Array): Places {
  return known.get(body) ?? new Walked(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
}

class Walked implements Finder, Places {
  readonly #bytes: Buffer
  readonly #spans: (Buffer | undefined)[] = []

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    walkJson(bytes, root, this)
  }

  opens(): void {}

  found(slot: number, start: number, end: number): boolean {
    this.#spans[slot] = this.#bytes.subarray(start, end)
    return false
  }

  at(name: Found): Buffer | undefined {
    return this.#spans[found[name]]
  }
}

type Rewritten = Pick<ModelCall, 'body' | 'dialect' | 'model' | 'streaming' | 'outputMax'>
type Swap = readonly [part: Buffer, value: string]

/** The same bytes where nothing has to change. A ceiling only ever lowers what the caller set. */
export function writeModelRequest(call: Rewritten, edits: RequestEdits): Uint8Array {
  const asks = edits.usage && call.streaming && call.dialect === 'openai-chat'
  const caps = edits.outputMax !== null && (call.outputMax === null || call.outputMax > edits.outputMax)
  if (edits.model === call.model && !asks && !caps) return call.body
  const bytes = Buffer.from(call.body.buffer, call.body.byteOffset, call.body.byteLength)
  const places = placesIn(call.body)
  const model = places.at('model')
  if (model === undefined) return call.body
  const ceiling = caps ? ceilingSwaps(call.dialect, places, edits.outputMax ?? 0) : none
  const usage = asks ? usageSwaps(places) : none
  const added = [...ceiling.added, ...usage.added].map((member) => `,${member}`).join('')
  const name = edits.model === call.model ? model.toString('utf8') : JSON.stringify(edits.model)
  const renamed: readonly Swap[] = edits.model === call.model && added === '' ? [] : [[model, `${name}${added}`]]
  const swaps = [...renamed, ...ceiling.swaps, ...usage.swaps]
  return swapParts(
    bytes,
    swaps.toSorted(([one], [other]) => one.byteOffset - other.byteOffset),
  )
}

/** What is exchanged, and members that are added. */
interface Change {
  readonly swaps: readonly Swap[]
  readonly added: readonly string[]
}

const none: Change = { swaps: [], added: [] }

/** Under every name the caller used, for nobody knows which one a provider goes by. */
function ceilingSwaps(dialect: ModelDialect, places: Places, most: number): Change {
  const names = ceilingNames[dialect] ?? []
  const written = names.flatMap((name) => places.at(name) ?? [])
  const set = written.filter((part) => !isNull(part))
  if (set.length > 0)
    return { swaps: set.filter((part) => isAbove(part, most, dialect)).map((part) => [part, String(most)]), added: [] }
  const [first] = written
  if (first !== undefined) return { swaps: [[first, String(most)]], added: [] }
  return names[0] === undefined ? none : { swaps: [], added: [`${JSON.stringify(names[0])}:${most}`] }
}

function isAbove(part: Buffer, most: number, dialect: ModelDialect): boolean {
  const said = Number(part.toString('latin1'))
  return said > most || isNoEnd(said, dialect)
}

/**
 * Servers that speak the API of OpenAI take a number below zero for no end, and those in Go lose a zero on the way. That of
 * Anthropic has an answer of nothing, which fills a cache.
 */
export function isNoEnd(ceiling: number, dialect: ModelDialect): boolean {
  return ceiling < 0 || (ceiling === 0 && dialect !== 'anthropic-messages')
}

const wanted = '"include_usage":true'

/** A value of another kind than the API has is left for the provider to refuse. */
function usageSwaps(places: Places): Change {
  const options = places.at('stream_options')
  if (options === undefined) return { swaps: [], added: [`"stream_options":{${wanted}}`] }
  if (isNull(options)) return { swaps: [[options, `{${wanted}}`]], added: [] }
  if (options[0] !== 0x7b) return none
  const said = places.at('include_usage')
  if (said !== undefined) return said.toString('latin1') === 'true' ? none : { swaps: [[said, 'true']], added: [] }
  const isEmpty = options.subarray(1, -1).toString('latin1').trim() === ''
  return { swaps: [[options.subarray(0, 1), `{${wanted}${isEmpty ? '' : ','}`]], added: [] }
}

function isNull(part: Buffer): boolean {
  return part[0] === 0x6e
}

/** Whether the caller itself asks for usage in its stream; otherwise it does not see that we did. */
export function asksForUsage({ body }: Pick<ModelCall, 'body'>): boolean {
  const said = placesIn(body).at('include_usage')
  return said !== undefined && said.toString('latin1') === 'true'
}
