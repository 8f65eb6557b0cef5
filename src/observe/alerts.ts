/** Tells webhooks that something happened: signed, retried, bounded. What cannot be delivered is counted and logged. */
import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import type { WebhookSettings } from '../config/settings.ts'
import type { Alert } from './alert.ts'
import { bodyFor } from './alert-shapes.ts'
import type { Log } from './log.ts'

export interface AlertOptions {
  readonly webhooks: readonly WebhookSettings[]
  readonly clock: Clock
  readonly log: Log
  /** Waits before each further attempt. Default 500, 1000 and 2000 ms. */
  readonly backoffs_ms?: readonly number[]
  /** How long one attempt may take. Default 5000 ms. */
  readonly timeout_ms?: number
}

export interface Alerts {
  /** Queues an alert for every webhook, in the shape that it takes; never waits, never throws. */
  send(alert: Alert): void
  /** Alerts that were given up, one for every webhook that did not get it. */
  readonly dead: number
  /** Delivers what is queued, for at most one timeout, and gives up the rest. */
  close(): Promise<void>
}

const queueMax = 256
const retryable = new Set([408, 425, 429])

export function openAlerts(options: AlertOptions): Alerts {
  const hooks = options.webhooks.map((webhook) => new Hook(webhook, options))
  return {
    send(alert) {
      for (const hook of hooks) hook.push(alert)
    },
    get dead() {
      return hooks.reduce((sum, hook) => sum + hook.dead, 0)
    },
    close: async () => {
      await Promise.all(hooks.map((hook) => hook.close()))
    },
  }
}

interface Letter {
  readonly body: string
  /** Monotonic milliseconds. */
  readonly queuedAt: number
}

/** One webhook with its own queue, so that a dead receiver holds up nobody else. */
class Hook {
  readonly #webhook: WebhookSettings
  readonly #options: AlertOptions
  readonly #queue: Letter[] = []
  readonly #giveUp = new AbortController()
  #working: Promise<void> | null = null
  #closed = false
  dead = 0

  constructor(webhook: WebhookSettings, options: AlertOptions) {
    this.#webhook = webhook
    this.#options = options
  }

  push(alert: Alert): void {
    const body = bodyFor(alert, this.#webhook)
    if (body === null) return
    const letter = { body, queuedAt: this.#options.clock.monotonic() }
    if (this.#closed || this.#queue.length >= queueMax) {
      this.#bury(letter, this.#closed ? 'closed' : 'queue full')
      return
    }
    this.#queue.push(letter)
    this.#working ??= this.#work().finally(() => {
      this.#working = null
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const timer = setTimeout(() => this.#giveUp.abort(), this.#timeout_ms)
    await this.#working
    clearTimeout(timer)
  }

  get #timeout_ms(): number {
    return this.#options.timeout_ms ?? 5000
  }

  async #work(): Promise<void> {
    for (let letter = this.#queue.shift(); letter; letter = this.#queue.shift()) {
      const failure = await this.#deliver(letter.body)
      if (failure !== null) this.#bury(letter, failure)
    }
  }

  /** Null when the receiver took it, otherwise why not. */
  async #deliver(body: string): Promise<string | null> {
    let failure: string | null = null
    for (const wait_ms of [0, ...(this.#options.backoffs_ms ?? [500, 1000, 2000])]) {
      if (wait_ms > 0) await sleep(wait_ms, null, { signal: this.#giveUp.signal }).catch(() => null)
      if (this.#giveUp.signal.aborted) return failure ?? 'closed'
      const status = await this.#post(body)
      if (typeof status === 'number' && status >= 200 && status < 300) return null
      failure = String(status)
      if (typeof status === 'number' && status < 500 && !retryable.has(status)) return failure
    }
    return failure
  }

  /** The status of the answer, or the name of what went wrong. */
  async #post(body: string): Promise<number | string> {
    const { url, secret } = this.#webhook
    const signature = secret && createHmac('sha256', secret.reveal()).update(body).digest('hex')
    const headers = {
      'content-type': 'application/json',
      ...(signature && { 'weir-signature': `sha256=${signature}` }),
    }
    const signal = AbortSignal.any([this.#giveUp.signal, AbortSignal.timeout(this.#timeout_ms)])
    try {
      const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal })
      await answer.body?.cancel()
      return answer.status
    } catch (error) {
      return error instanceof Error ? error.name : 'failed'
    }
  }

  #bury({ queuedAt }: Letter, reason: string): void {
    this.dead += 1
    const waited_ms = Math.round(this.#options.clock.monotonic() - queuedAt)
    this.#options.log.warn('an alert was given up', { webhook: originOf(this.#webhook.url), reason, waited_ms })
  }
}

/** Paths of webhooks are often secrets, so only the origin is logged. */
function originOf(url: string): string {
  return URL.parse(url)?.origin ?? 'unknown'
}
