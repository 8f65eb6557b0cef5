/**
 * What every agent of the matrix does, in words of no version: the first word of a message names the play. The agents
 * themselves only print the steps in their own dialect, so that two versions differ in nothing but their version.
 */

/** A part as nobody writes it. */
export type PlainPart =
  | { readonly text: string }
  | { readonly bytes: string; readonly mediaType: string; readonly name: string }
  | { readonly url: string; readonly mediaType: string; readonly name: string }
  | { readonly data: unknown }

export type State = 'submitted' | 'working' | 'completed' | 'failed' | 'canceled' | 'input-required'

/** What an agent publishes. A task that goes on is published as `task` too: servers of 1.0 want that first. */
export type Step =
  | { readonly say: readonly PlainPart[] }
  | { readonly task: State }
  | { readonly state: State; readonly text?: string }
  | { readonly artifact: readonly PlainPart[]; readonly append: boolean; readonly last: boolean }

export interface Heard {
  readonly text: string
  readonly parts: readonly PlainPart[]
  /** Whether the message is about a task the agent has. */
  readonly resumes: boolean
}

const text = (words: string): readonly PlainPart[] => [{ text: words }]
const whole = (artifact: readonly PlainPart[]): Step => ({ artifact, append: false, last: true })
const silence_ms = 6000
const slow_ms = 150

/** Waits until the test says the word behind `hold`, or until somebody cancels the task. */
export class Gates {
  readonly #gates = new Map<string, PromiseWithResolvers<void>>()

  gate(word: string): PromiseWithResolvers<void> {
    const known = this.#gates.get(word) ?? Promise.withResolvers<void>()
    this.#gates.set(word, known)
    return known
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

type Play = (heard: Heard, word: string, gates: Gates) => AsyncGenerator<Step>

const plays: Readonly<Record<string, Play>> = {
  async *say({ text: words }) {
    yield { say: text(`said: ${words}`) }
  },
  async *work() {
    yield { task: 'working' }
    yield { artifact: text('chunk0 '), append: false, last: false }
    await pause(2)
    yield { artifact: text('chunk1 '), append: true, last: true }
    yield { state: 'completed' }
  },
  async *ask({ resumes, text: words }) {
    yield { task: 'working' }
    if (resumes) yield whole(text(`you said: ${words}`))
    yield resumes ? { state: 'completed' } : { state: 'input-required', text: 'which one?' }
  },
  async *hold(_heard, word, gates) {
    yield { task: 'working' }
    yield { artifact: text('before '), append: false, last: false }
    await gates.gate(word).promise
    yield { artifact: text('after '), append: true, last: true }
    yield { state: 'completed' }
  },
  async *parts({ parts }) {
    yield { task: 'working' }
    yield whole(parts.slice(1))
    yield { state: 'completed' }
  },
  async *slow() {
    yield { task: 'working' }
    await pause(slow_ms)
    yield whole(text('at last'))
    yield { state: 'completed' }
  },
  async *fail() {
    yield { task: 'working' }
    yield { state: 'failed', text: 'out of copper' }
  },
  async *silent() {
    yield { task: 'working' }
    await pause(silence_ms)
    yield whole(text('awake'))
    yield { state: 'completed' }
  },
}

/** The steps with which an agent answers a message. */
export function play(heard: Heard, gates: Gates): AsyncGenerator<Step> {
  const [name = '', word = ''] = heard.text.split(' ')
  const playing = plays[name]
  if (!playing) throw new Error(`kaboom: no agent plays ${name}`)
  return playing(heard, word, gates)
}
