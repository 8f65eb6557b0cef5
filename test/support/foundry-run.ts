/** One response of the emulated Foundry: its events, numbered, and what it looks like at any time. */
import type { JsonObject } from '../../src/base/json.ts'
import { type Gate, pause, piecesOf } from './cloud-emulator.ts'

export type RunState = 'queued' | 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'incomplete'

interface Work {
  readonly text: string
  readonly turn: number
  readonly gate: Gate
}

export class FoundryRun {
  readonly id: string
  readonly background: boolean
  readonly streamed: boolean
  readonly events: JsonObject[] = []
  readonly done: Promise<void>
  state: RunState = 'queued'
  onPending: (id: string | null) => void = () => undefined
  readonly #conversation: string
  readonly #finish: () => void
  #output: JsonObject[] = []
  #more: JsonObject = {}
  #left = false

  constructor(number: number, body: JsonObject) {
    this.id = `resp_${number}`
    this.background = body['background'] === true
    this.streamed = body['stream'] === true
    this.#conversation = String(body['conversation'])
    const { promise, resolve } = Promise.withResolvers<void>()
    this.done = promise
    this.#finish = resolve
  }

  view(): JsonObject {
    return {
      id: this.id,
      object: 'response',
      created_at: 1_800_000_000,
      status: this.state,
      background: this.background,
      conversation: { id: this.#conversation },
      agent_reference: { type: 'agent_reference', name: 'my-agent', version: '3' },
      error: null,
      incomplete_details: null,
      model: 'gpt-4.1',
      output: this.#output,
      usage: null,
      ...this.#more,
    }
  }

  /** Does what the first word of the message says. */
  async work(mood: string, work: Work): Promise<void> {
    this.#say('response.created', { response: this.view() })
    this.state = 'in_progress'
    this.#say('response.in_progress', { response: this.view() })
    if (mood === 'hold') await work.gate.pass(() => this.#stopped)
    if (this.#stopped) return
    if (mood === 'ask') return this.#askApproval()
    if (mood === 'consent') return this.#askConsent()
    if (mood === 'login') return this.#askAsHosted()
    const text = mood === 'huge' ? 'x'.repeat(400_000) : `echo: ${work.text} (turn ${work.turn})`
    await this.#speak(text, mood === 'slow' ? 20 : 1)
    if (this.#stopped) return
    const end = endings[mood]
    if (end) return this.#end(end.state, end.more)
    this.#end('completed', { usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } })
  }

  cancel(): void {
    if (this.state !== 'queued' && this.state !== 'in_progress') return
    // The Responses API has no event for it: the stream of a cancelled response just ends.
    this.state = 'cancelled'
    this.#finish()
  }

  /** Work that is not done in the background ends when nobody listens any more. */
  leave(): void {
    this.#left = true
  }

  get #stopped(): boolean {
    return this.#left || this.state === 'cancelled'
  }

  async #speak(text: string, pause_ms: number): Promise<void> {
    const item_id = `msg_${this.id}`
    const at = { item_id, output_index: 0, content_index: 0 }
    const item = { id: item_id, type: 'message', role: 'assistant' }
    this.#say('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } })
    this.#say('response.content_part.added', { ...at, part: { type: 'output_text', text: '', annotations: [] } })
    for (const delta of piecesOf(text)) {
      await pause(pause_ms)
      if (this.#stopped) return
      this.#say('response.output_text.delta', { ...at, delta, logprobs: [] })
    }
    const part = { type: 'output_text', text, annotations: [] }
    const whole = { ...item, status: 'completed', content: [part] }
    this.#output = [whole]
    this.#say('response.output_text.done', { ...at, text, logprobs: [] })
    this.#say('response.content_part.done', { ...at, part })
    this.#say('response.output_item.done', { output_index: 0, item: whole })
  }

  #askApproval(): void {
    const id = `mcpr_${this.id}`
    this.onPending(id)
    this.#offer({
      id,
      type: 'mcp_approval_request',
      server_label: 'files',
      name: 'delete_file',
      arguments: '{"path":"a"}',
    })
  }

  #askConsent(): void {
    const id = `oauthreq_${this.id}`
    this.onPending(id)
    const consent_link = 'https://login.example/consent?code=1'
    this.#offer({ id, type: 'oauth_consent_request', server_label: 'mail', consent_link })
  }

  /** Hosted agents ask in an event of its own, and stop there. */
  #askAsHosted(): void {
    const asked = {
      id: `oauthreq_${this.id}`,
      server_label: 'mail',
      consent_link: 'https://login.example/consent?code=2',
    }
    this.#say('response.oauth_consent_requested', { output_index: 0, ...asked })
    this.#end('incomplete', {})
  }

  #offer(item: JsonObject): void {
    this.#output = [item]
    this.#say('response.output_item.added', { output_index: 0, item })
    this.#say('response.output_item.done', { output_index: 0, item })
    this.#end('completed', { usage: { input_tokens: 5, output_tokens: 1, total_tokens: 6 } })
  }

  #end(state: RunState, more: JsonObject): void {
    this.#more = more
    // The event first: whoever waits for events looks at the state to know whether more will come.
    this.#say(`response.${state}`, { response: { ...this.view(), status: state } })
    this.state = state
    this.#finish()
  }

  #say(type: string, more: JsonObject): void {
    this.events.push({ type, sequence_number: this.events.length, ...more })
  }
}

const endings: Readonly<Record<string, { readonly state: RunState; readonly more: JsonObject }>> = {
  fail: {
    state: 'failed',
    more: { error: { code: 'server_error', message: 'Traceback: /srv/agent.py secret-host refused' } },
  },
  incomplete: {
    state: 'incomplete',
    more: {
      incomplete_details: { reason: 'max_output_tokens' },
      usage: { input_tokens: 3, output_tokens: 9, total_tokens: 12 },
    },
  },
}
