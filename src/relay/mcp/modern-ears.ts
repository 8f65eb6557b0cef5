/**
 * What a server of the modern era says outside of requests: one `subscriptions/listen` for all who listen to a link,
 * opened anew when they want other things together. The new one is there before the old one is let go of.
 */
import { editJson, valueAtPath } from '../../base/json-edit.ts'
import type { Alarm } from '../../base/wheel.ts'
import { metaPrefix } from '../../protocol/mcp/words.ts'
import type { Wire } from '../wire/transport.ts'
import { carry, tellWith } from './carry.ts'
import type { Json } from './channel.ts'
import { readHeard, writeNotification, writeRequest } from './heard.ts'
import type { Wants } from './link.ts'
import { modernHeaders } from './mirrors.ts'
import { speakerMeta } from './modern-greeting.ts'
import { withMeta } from './params.ts'
import { backoff_ms, type Ids, type LinkParts } from './shared.ts'

export interface ModernEarRoad {
  readonly parts: LinkParts
  readonly ids: Ids
  noticeListeners(method: string, params: Json | null): void
}

const method = 'subscriptions/listen'
const acknowledged = 'notifications/subscriptions/acknowledged'
const idKey = `${metaPrefix}subscriptionId`

interface Subscription {
  readonly id: string
  readonly filter: string
  wire: Wire | null
}

export class ModernEars {
  readonly #road: ModernEarRoad
  /** The one that was acknowledged, and the one that is to take its place. */
  #current: Subscription | null = null
  #coming: Subscription | null = null
  #filter = '{}'
  /** A filter that the server does not serve. */
  #refused: string | null = null
  #failures = 0
  #alarm: Alarm | null = null
  #turning = false
  #closed = false

  constructor(road: ModernEarRoad) {
    this.#road = road
  }

  use(wants: Wants): void {
    this.#filter = filterOf(wants)
    if (this.#turning) return
    this.#turning = true
    // Many who come at once are one change.
    queueMicrotask(() => {
      this.#turning = false
      this.#turn()
    })
  }

  close(): void {
    this.#closed = true
    this.#alarm?.cancel()
    this.#drop('current')
    this.#drop('coming')
  }

  /** On a line what a subscription says stands between everything else. */
  onRest(name: string, params: Json | null): boolean {
    const id = params === null ? null : valueAtPath(params, ['_meta', idKey])
    const subscription = [this.#current, this.#coming].find((each) => each?.id === id?.toString())
    if (!subscription) return false
    this.#hear(subscription, name, params)
    return true
  }

  #turn(): void {
    if (this.#closed) return
    if (this.#filter === '{}') {
      this.#alarm?.cancel()
      this.#drop('current')
      return this.#drop('coming')
    }
    const serving = this.#coming ?? this.#current
    if (serving?.filter === this.#filter || this.#refused === this.#filter) return
    this.#drop('coming')
    this.#subscribe()
  }

  #subscribe(): void {
    const { parts, ids } = this.#road
    const subscription: Subscription = { id: ids.next(), filter: this.#filter, wire: null }
    const params = withMeta(Buffer.from(`{"notifications":${this.#filter}}`), speakerMeta(parts))
    const message = writeRequest(subscription.id, method, params)
    const headers = modernHeaders(method, params, [])
    const sent = { message, id: subscription.id, progressToken: null, endless: true } as const
    this.#coming = subscription
    subscription.wire = carry(
      parts.speaker,
      (credentials, hearer) => parts.channel.send({ ...sent, headers: [...headers, ...credentials] }, hearer),
      {
        onHead: () => undefined,
        onMessage: (said) => {
          const heard = readHeard(said)
          if (heard?.form === 'notification') this.#hear(subscription, heard.method, heard.params)
          // Whoever does not serve it will not serve it the next time.
          if (heard?.form === 'error' && subscription === this.#coming) this.#refused = subscription.filter
        },
        onEnd: () => this.#lost(subscription),
        onDenial: () => this.#lost(subscription),
      },
    )
  }

  #hear(subscription: Subscription, name: string, params: Json | null): void {
    if (this.#closed || (subscription !== this.#current && subscription !== this.#coming)) return
    if (subscription === this.#coming) {
      this.#drop('current')
      this.#current = subscription
      this.#coming = null
      this.#failures = 0
    }
    if (name === acknowledged) return
    const untagged = params === null ? null : editJson(params, [{ path: ['_meta', idKey], value: undefined }])
    this.#road.noticeListeners(name, untagged)
  }

  #lost(subscription: Subscription): void {
    const wasOurs = subscription === this.#current || subscription === this.#coming
    if (subscription === this.#current) this.#current = null
    if (subscription === this.#coming) this.#coming = null
    if (!wasOurs || this.#closed) return
    this.#alarm?.cancel()
    this.#alarm = this.#road.parts.wheel.after(backoff_ms(this.#failures), () => this.#turn())
    this.#failures += 1
  }

  #drop(which: 'current' | 'coming'): void {
    const subscription = which === 'current' ? this.#current : this.#coming
    if (which === 'current') this.#current = null
    else this.#coming = null
    if (subscription === null) return
    const { channel, speaker } = this.#road.parts
    subscription.wire?.abort()
    const params = Buffer.from(`{"requestId":${subscription.id}}`)
    if (channel.isLine) void tellWith(channel, speaker, writeNotification('notifications/cancelled', params), [])
  }
}

/** Only what is wanted, as JSON text that is equal for equal wants. */
function filterOf({ toolsListChanged, promptsListChanged, resourcesListChanged, resources, tasks }: Wants): string {
  return JSON.stringify({
    ...(toolsListChanged && { toolsListChanged }),
    ...(promptsListChanged && { promptsListChanged }),
    ...(resourcesListChanged && { resourcesListChanged }),
    ...(resources.length > 0 && { resourceSubscriptions: resources }),
    ...(tasks.length > 0 && { taskIds: tasks }),
  })
}
