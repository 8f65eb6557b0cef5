/**
 * How agents tell us of tasks: at a path nobody can guess, with a token and a credential nobody else has. All three follow
 * from the secret of the state directory and the task, so nothing has to be stored and a restart changes nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { HeaderMap } from '../../protocol/http.ts'
import { derive, openSeal, type Seal } from '../seal.ts'
import type { Entry } from '../table.ts'
import type { CallbackSecrets } from './contract.ts'

/** The one that A2A 0.3 names and SDKs still send, and the one of A2A 1.0. */
export const tokenHeaders = ['x-a2a-notification-token', 'a2a-notification-token'] as const

const bearer = /^Bearer +(\S+)$/i
const numberForm = /^\d{1,15}$/

export class Callbacks {
  readonly #key: Buffer
  readonly #paths: Seal

  constructor(secret: Uint8Array) {
    this.#key = derive(secret, 'callback proofs')
    // The same number has the same path each time: there the nonce follows from it, as in a synthetic IV.
    const nonces = derive(secret, 'callback nonces')
    const nonceFor = (text: string): Buffer => createHmac('sha256', nonces).update(text).digest().subarray(0, 12)
    this.#paths = openSeal(secret, 'callback paths', nonceFor)
  }

  secretsOf(entry: Entry): CallbackSecrets {
    const opaque = this.#paths.seal(String(entry.no), 'callback')
    return { opaque, token: this.#proof('token', entry), credentials: this.#proof('credentials', entry) }
  }

  /** The number of the task the path was made for; null for any other path. */
  numberIn(opaque: string): number | null {
    const text = this.#paths.open(opaque, 'callback')
    return text !== null && numberForm.test(text) ? Number(text) : null
  }

  /** Whether they show one of the secrets of the task. Agents that know tokens only send no credential. */
  proves(headers: HeaderMap, entry: Entry): boolean {
    const [, credentials = ''] = bearer.exec(headers.get('authorization') ?? '') ?? []
    const tokens = tokenHeaders.map((name) => headers.get(name) ?? '')
    const { token, credentials: ours } = this.secretsOf(entry)
    // Every comparison is made, whichever succeeds.
    const matches = [this.#same(credentials, ours), ...tokens.map((text) => this.#same(text, token))]
    return matches.includes(true)
  }

  #proof(kind: string, { no, row }: Entry): string {
    const facts = JSON.stringify([kind, no, row.target, row.taskId])
    return createHmac('sha256', this.#key).update(facts).digest('base64url')
  }

  /** In a time that tells nothing: digests under a key of ours are compared, and never what was sent. */
  #same(shown: string, ours: string): boolean {
    const digest = (text: string): Buffer => createHmac('sha256', this.#key).update(text).digest()
    return timingSafeEqual(digest(shown), digest(ours))
  }
}
