/**
 * Reads the events of a stream beside those who hand them on: what was used, how much the model has written, and whether
 * that is all. It runs for every token, so an event is walked once and no object is built of it.
 * Sources: the streaming references of Chat Completions, Responses and Messages.
 */
import type { Usage } from '../../domain/usage.ts'
import type { UsageReader } from './contract.ts'
import { chatUsage, Counts, firstFreeSlot, messagesUsage, responsesUsage } from './counts.ts'
import { type Finder, isText, type Plan, plan, textAt, textBytes, walkJson } from './walk.ts'

/** What is done with an event. */
type Heard = ReturnType<UsageReader['hear']>

const passed: Heard = { drop: false, last: false }
const ended: Heard = { drop: false, last: true }
const dropped: Heard = { drop: true, last: false }

/** What is looked for beside the counts. */
const slots = {
  wrote: firstFreeSlot,
  choices: firstFreeSlot + 1,
  usage: firstFreeSlot + 2,
  finish: firstFreeSlot + 3,
  error: firstFreeSlot + 4,
  type: firstFreeSlot + 5,
  thought: firstFreeSlot + 6,
  response: firstFreeSlot + 7,
} as const

const wrote = plan(slots.wrote)
const thought = plan(slots.thought)
const named = plan(-1, { members: { name: wrote, arguments: wrote } })

/** Some providers write content, and reasoning in it, as lists of parts. */
const parts = plan(slots.wrote, {
  items: plan(-1, { members: { text: wrote, thinking: plan(-1, { items: plan(-1, { members: { text: wrote } }) }) } }),
})

const delta = plan(-1, {
  members: {
    content: parts,
    // Two names of one text, which some servers write under both.
    reasoning_content: thought,
    reasoning: thought,
    refusal: wrote,
    tool_calls: plan(-1, {
      items: plan(-1, { members: { function: named, custom: plan(-1, { members: { name: wrote, input: wrote } }) } }),
    }),
    function_call: named,
    audio: plan(-1, { members: { transcript: wrote } }),
  },
})

const chatPlan = plan(-1, {
  members: {
    choices: plan(slots.choices, { items: plan(-1, { members: { delta, finish_reason: plan(slots.finish) } }) }),
    usage: { ...chatUsage, slot: slots.usage },
    error: plan(slots.error),
  },
})

const noBytes: Buffer = Buffer.alloc(0)

/** What all readers have in common. */
abstract class Reader implements UsageReader, Finder {
  usage: Usage | null = null
  final = false
  delivered_bytes = 0
  failed = false
  protected readonly counts: Counts
  protected bytes = noBytes

  constructor(counts: Counts) {
    this.counts = counts
  }

  opens(): void {}

  found(slot: number, start: number, end: number): boolean {
    if (slot < firstFreeSlot) this.counts.hear(slot, this.bytes, start, end)
    else if (slot === slots.wrote) this.delivered_bytes += textBytes(this.bytes, start, end)
    else return this.note(slot, start, end)
    return false
  }

  hear(data: Buffer): Heard {
    this.bytes = data
    return this.listen(data)
  }

  protected abstract listen(data: Buffer): Heard
  /** True ends the walk of this event. */
  protected abstract note(slot: number, start: number, end: number): boolean
}

/** Usage comes in a chunk without choices, after the last one with some; of some providers in that last one. */
export class ChatReader extends Reader {
  readonly #asked: boolean
  #finished = false
  #saidUsage = false
  #hasChoices = false
  /** Bytes of the reasoning in this event. */
  #thought = 0

  constructor(asked: boolean) {
    super(new Counts('whole'))
    this.#asked = asked
  }

  protected listen(data: Buffer): Heard {
    if (isDone(data)) {
      this.final = this.usage !== null
      return ended
    }
    this.#saidUsage = false
    this.#hasChoices = false
    this.#thought = 0
    walkJson(data, chatPlan, this)
    if (this.failed) return ended
    if (!this.#saidUsage) return passed
    this.usage = this.counts.usage('needed')
    this.final = this.usage !== null && (this.#finished || !this.#hasChoices)
    return this.#asked || this.#hasChoices ? passed : dropped
  }

  protected note(slot: number, start: number, end: number): boolean {
    const first = this.bytes[start]
    if (slot === slots.thought) this.#think(textBytes(this.bytes, start, end))
    else if (slot === slots.choices) this.#hasChoices = !isEmptyList(this.bytes, start, end)
    else if (slot === slots.usage) this.#saidUsage = first === openBrace
    else if (slot === slots.finish) this.#finished ||= first === quote
    else if (slot === slots.error) this.failed ||= first !== letterN
    return false
  }

  #think(bytes: number): void {
    this.delivered_bytes += Math.max(0, bytes - this.#thought)
    this.#thought = Math.max(bytes, this.#thought)
  }
}

const letterN = 0x6e
const quote = 0x22
const openBrace = 0x7b

/** `[DONE]` */
function isDone(data: Buffer): boolean {
  return data[0] === 0x5b && data.toString('latin1', 0, 6) === '[DONE]'
}

function isEmptyList(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start + 1; at < end - 1; at += 1) if (bytes[at] !== 0x20) return false
  return bytes[start] === 0x5b
}

/** What an event says of itself decides whether it is read on. */
type Meaning = 'writes' | 'counts' | 'starts' | 'fails' | 'ends'

/** By their length, so that one comparison finds most of them, and none is built as a text. */
class Meanings {
  readonly #byLength: (readonly [name: Buffer, meaning: Meaning])[][] = []

  constructor(meanings: readonly (readonly [name: string, meaning: Meaning])[]) {
    for (const [name, meaning] of meanings) (this.#byLength[name.length] ??= []).push([Buffer.from(name), meaning])
  }

  /** Of the text between two quotes. */
  find(bytes: Buffer, start: number, end: number): Meaning | undefined {
    return this.#byLength[end - start - 2]?.find(([name]) => isText(bytes, start, end, name))?.[1]
  }
}

const responseMeanings = new Meanings([
  ...[
    'output_text',
    'refusal',
    'reasoning_text',
    'reasoning_summary_text',
    'function_call_arguments',
    'custom_tool_call_input',
    'mcp_call_arguments',
    'code_interpreter_call_code',
    'audio.transcript',
  ].map((name) => [`response.${name}.delta`, 'writes'] as const),
  ['response.output_item.added', 'starts'],
  ['response.completed', 'counts'],
  ['response.incomplete', 'counts'],
  ['response.failed', 'fails'],
  ['error', 'fails'],
])

const responsesPlan = plan(-1, {
  members: {
    type: plan(slots.type),
    delta: wrote,
    item: plan(-1, { members: { name: wrote } }),
    response: plan(-1, {
      members: { id: plan(slots.response), usage: { ...responsesUsage, slot: slots.usage } },
    }),
  },
})

/** Events that say their type: all that is not known means nothing here. */
abstract class TypedReader extends Reader {
  protected meaning: Meaning | undefined
  readonly #plan: Plan
  readonly #meanings: Meanings

  constructor(input: ConstructorParameters<typeof Counts>[0], wanted: Plan, meanings: Meanings) {
    super(new Counts(input))
    this.#plan = wanted
    this.#meanings = meanings
  }

  protected walk(data: Buffer): Meaning | undefined {
    this.meaning = undefined
    const before = this.delivered_bytes
    walkJson(data, this.#plan, this)
    if (this.meaning !== 'writes' && this.meaning !== 'starts') this.delivered_bytes = before
    return this.meaning
  }

  protected note(slot: number, start: number, end: number): boolean {
    if (slot !== slots.type) return false
    this.meaning = this.#meanings.find(this.bytes, start, end)
    return this.meaning === undefined
  }
}

/** Usage is in the last event, which holds the whole answer. */
export class ResponsesReader extends TypedReader {
  response: string | undefined

  constructor() {
    super('whole', responsesPlan, responseMeanings)
  }

  protected listen(data: Buffer): Heard {
    const meaning = this.walk(data)
    if (meaning !== 'counts' && meaning !== 'fails') return passed
    this.failed = meaning === 'fails'
    this.usage = this.counts.usage('needed')
    this.final = this.usage !== null
    return ended
  }

  protected override note(slot: number, start: number, end: number): boolean {
    if (slot === slots.response) this.response = textAt(this.bytes, start, end) ?? undefined
    return super.note(slot, start, end)
  }
}

const messageMeanings = new Meanings([
  ['message_start', 'counts'],
  ['message_delta', 'counts'],
  ['content_block_start', 'starts'],
  ['content_block_delta', 'writes'],
  ['message_stop', 'ends'],
  ['error', 'fails'],
])

const messagesPlan = plan(-1, {
  members: {
    type: plan(slots.type),
    message: plan(-1, { members: { usage: messagesUsage } }),
    usage: { ...messagesUsage, slot: slots.usage },
    content_block: plan(-1, { members: { name: wrote, text: wrote, thinking: wrote } }),
    delta: plan(-1, { members: { text: wrote, thinking: wrote, partial_json: wrote } }),
  },
})

/** The input is in the first event and the output, which grows, in the one before the last. */
export class MessagesReader extends TypedReader {
  #saidOutput = false

  constructor() {
    super('beside_caches', messagesPlan, messageMeanings)
  }

  protected listen(data: Buffer): Heard {
    const meaning = this.walk(data)
    if (meaning === 'counts') {
      this.usage = this.counts.usage('none_yet')
      this.final = this.usage !== null && this.#saidOutput
    }
    if (meaning === 'fails') this.failed = true
    return meaning === 'fails' || meaning === 'ends' ? ended : passed
  }

  protected override note(slot: number, start: number, end: number): boolean {
    if (slot === slots.usage) this.#saidOutput = true
    return super.note(slot, start, end)
  }
}
