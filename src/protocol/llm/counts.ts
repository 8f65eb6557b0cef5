/**
 * The counts of a provider, made one kind of count. Providers say odd things: what is no count is not known, and nothing
 * said about a part may be more than the whole.
 */
import type { Usage } from '../../domain/usage.ts'
import { isText, type Plan, plan } from './walk.ts'

/** Nobody reads or writes so much in one call: more is a mistake of the provider, and a mistake is not billed. */
const tokensMax = 1_000_000_000

/** What is counted, whatever it is called; the order is that of the slots. */
const counted = ['input', 'output', 'total', 'cached', 'written', 'written5m', 'written1h', 'reasoning'] as const
type Counted = (typeof counted)[number]

/** What a single iteration of an answer used, and where one and all of them end. */
const iterationSlots = { first: counted.length, type: 2 * counted.length, one: 2 * counted.length + 1 } as const
const allIterations = iterationSlots.one + 1

/** Slots of counts are below it, for whoever has a plan with more in it. */
export const firstFreeSlot = allIterations + 1

function count(name: Counted, first = 0): Plan {
  return plan(first + counted.indexOf(name))
}

const openAiParts = { cached_tokens: count('cached'), cache_write_tokens: count('written') }
const reasoning = plan(-1, { members: { reasoning_tokens: count('reasoning') } })

/** `usage` of Chat Completions and of Embeddings. */
export const chatUsage = plan(-1, {
  members: {
    prompt_tokens: count('input'),
    completion_tokens: count('output'),
    total_tokens: count('total'),
    prompt_tokens_details: plan(-1, { members: openAiParts }),
    completion_tokens_details: reasoning,
    // Of DeepSeek, which has no details.
    prompt_cache_hit_tokens: count('cached'),
  },
})

/** `usage` of Responses. */
export const responsesUsage = plan(-1, {
  members: {
    input_tokens: count('input'),
    output_tokens: count('output'),
    total_tokens: count('total'),
    input_tokens_details: plan(-1, { members: openAiParts }),
    output_tokens_details: reasoning,
  },
})

function messagesCounts(first: number): Readonly<Record<string, Plan>> {
  return {
    input_tokens: count('input', first),
    output_tokens: count('output', first),
    cache_read_input_tokens: count('cached', first),
    cache_creation_input_tokens: count('written', first),
    cache_creation: plan(-1, {
      members: {
        ephemeral_5m_input_tokens: count('written5m', first),
        ephemeral_1h_input_tokens: count('written1h', first),
      },
    }),
  }
}

const iteration = plan(iterationSlots.one, {
  members: { type: plan(iterationSlots.type), ...messagesCounts(iterationSlots.first) },
})

/** `usage` of Messages, in which what was read from a cache, or written to one, is no part of the input. */
export const messagesUsage = plan(-1, {
  members: {
    ...messagesCounts(0),
    output_tokens_details: plan(-1, { members: { thinking_tokens: count('reasoning') } }),
    iterations: plan(allIterations, { items: iteration }),
  },
})

/** Whether the parts that come from caches are counted in the input (OpenAI) or beside it (Anthropic). */
export type InputCount = 'whole' | 'beside_caches'

/** Takes what a walk finds. Later words replace earlier ones; what is null, or no count, replaces nothing. */
export class Counts {
  readonly #input: InputCount
  /** By slot; those of the iteration that is being walked come after those of the whole. */
  readonly #said: (number | null)[] = Array.from({ length: 2 * counted.length }, () => null)
  #isBeside = false
  /** What such iterations used so far in this list of iterations, and in the last one that was whole. */
  #besideSoFar = noCounts
  #beside = noCounts

  constructor(input: InputCount) {
    this.#input = input
  }

  hear(slot: number, bytes: Buffer, start: number, end: number): void {
    if (slot >= iterationSlots.type) return this.#iterate(slot, bytes, start, end)
    const said = readCount(bytes, start, end)
    if (said !== null) this.#said[slot] = said
  }

  /**
   * What it took to shorten a conversation, and what an adviser read and wrote, is paid for and in no other count (API reference
   * of Messages, `iterations`).
   */
  #iterate(slot: number, bytes: Buffer, start: number, end: number): void {
    if (slot === iterationSlots.type) this.#isBeside = besides.some((name) => isText(bytes, start, end, name))
    else if (slot === allIterations) {
      this.#beside = this.#besideSoFar
      this.#besideSoFar = noCounts
    } else {
      const one = this.#said.splice(iterationSlots.first, counted.length, ...counted.map(() => null))
      if (this.#isBeside) this.#besideSoFar = this.#besideSoFar.map((sum, i) => sum + (one[i] ?? 0))
      this.#isBeside = false
    }
  }

  /** Null as long as the input is not known, or the output where it has to be. */
  usage(output: 'needed' | 'none_yet'): Usage | null {
    const said = this.#of('input')
    const written = this.#of('output') ?? (output === 'none_yet' ? 0 : null)
    if (said === null || written === null) return null
    const caches = this.#input === 'beside_caches' ? (this.#of('cached') ?? 0) + (this.#of('written') ?? 0) : 0
    const input_tokens = said + caches
    const cached_tokens = Math.min(this.#of('cached') ?? 0, input_tokens)
    const output_tokens = this.#input === 'whole' ? this.#outputBy(said, written) : written
    const cache_write_tokens = Math.min(this.#of('written') ?? 0, input_tokens - cached_tokens)
    return {
      input_tokens,
      cached_tokens,
      cache_write_tokens,
      ...this.#keptLong(cache_write_tokens),
      output_tokens,
      reasoning_tokens: Math.min(this.#of('reasoning') ?? 0, output_tokens),
    }
  }

  /** What is not said to be kept for minutes is kept for an hour, which is the dearer. */
  #keptLong(written: number): Pick<Usage, 'cache_write_1h_tokens'> {
    const short = this.#of('written5m')
    if (short === null) return {}
    const long = Math.max(this.#of('written1h') ?? 0, written - short)
    return { cache_write_1h_tokens: Math.min(long, written) }
  }

  /** Some providers (xAI, Google) leave reasoning out of the output and count it in the total alone. */
  #outputBy(input: number, output: number): number {
    return Math.max(output, (this.#of('total') ?? 0) - input)
  }

  #of(name: Counted): number | null {
    const slot = counted.indexOf(name)
    const said = this.#said[slot] ?? null
    return said === null ? null : said + (this.#beside[slot] ?? 0)
  }
}

const noCounts: readonly number[] = counted.map(() => 0)
const besides = ['compaction', 'advisor_message'].map((name) => Buffer.from(name))

/** Null for what is no whole number from 0 to a billion. */
function readCount(bytes: Buffer, start: number, end: number): number | null {
  const first = bytes[start] ?? 0
  if (first < 0x30 || first > 0x39 || end - start > 32) return null
  const said = Number(bytes.toString('latin1', start, end))
  return Number.isInteger(said) && said <= tokensMax ? said : null
}
