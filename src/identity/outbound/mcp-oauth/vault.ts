/**
 * What people have let Weir hold for tool servers: their tokens, and who we are at each authorization server that
 * registered us. Sealed row by row in one file of the state directory, `<state.dir>/tool-tokens.json`, replaced as a whole;
 * a row opens only in its own place, so no token can be moved to another person, server or issuer.
 */
import { existsSync, readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, readJsonObject } from '../../../base/json.ts'

/** Texts that leave the process and come back. */
export interface Sealing {
  seal(text: string, place: string): string
  open(sealed: string, place: string): string | null
}

/** How we prove ourselves at one authorization server. */
export interface OAuthClient {
  readonly client_id: string
  /** Null for a public client. */
  readonly client_secret: string | null
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'none'
}

/** A token of one person for one tool server. */
export interface HeldToken {
  /** The person; an agent that acts for nobody. */
  readonly user: string
  /** The slug of the server. */
  readonly server: string
  readonly issuer: string
  readonly token_endpoint: string
  readonly resource: string
  readonly token: string
  readonly refresh: string | null
  /** Milliseconds since the epoch; null where the issuer does not say. */
  readonly expiresAt: number | null
  /** All that were asked for or given. */
  readonly scopes: readonly string[]
  readonly client: OAuthClient
}

interface VaultParts {
  readonly stateDir: string
  readonly seal: Sealing
  /** Tokens held at once; the oldest leaves first, and its person connects again. */
  readonly max: number
  /** The disk did not take it, or gave back what cannot be read. */
  onProblem(sentence: string): void
}

export class Vault {
  readonly #parts: VaultParts
  readonly #path: string
  readonly #tokens = new Map<string, HeldToken>()
  readonly #clients = new Map<string, OAuthClient>()
  #writing: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null

  /** Reads back what was held. Synchronous: for the start, never for the road. */
  constructor(parts: VaultParts) {
    this.#parts = parts
    this.#path = join(parts.stateDir, 'tool-tokens.json')
    this.#load()
  }

  token(user: string, server: string): HeldToken | null {
    return this.#tokens.get(keyOf(user, server)) ?? null
  }

  /** Resolves when a restart would know it, or when the disk did not take it. */
  keep(token: HeldToken): Promise<void> {
    setNewest(this.#tokens, keyOf(token.user, token.server), token, this.#parts.max)
    return this.#save()
  }

  drop({ user, server }: Pick<HeldToken, 'user' | 'server'>): void {
    if (this.#tokens.delete(keyOf(user, server))) void this.#save()
  }

  /** Everything that is held for a person, and how many tokens that was. */
  dropUser(user: string): number {
    const theirs = [...this.#tokens.values()].filter((token) => token.user === user)
    for (const token of theirs) this.#tokens.delete(keyOf(token.user, token.server))
    if (theirs.length > 0) void this.#save()
    return theirs.length
  }

  /** The same; resolves when no restart would know of it either, or when the disk did not take it. */
  forget(user: string): Promise<void> {
    return this.dropUser(user) > 0 ? this.#save() : Promise.resolve()
  }

  client(issuer: string, redirectUri: string): OAuthClient | null {
    return this.#clients.get(keyOf(issuer, redirectUri)) ?? null
  }

  keepClient(issuer: string, redirectUri: string, client: OAuthClient): void {
    setNewest(this.#clients, keyOf(issuer, redirectUri), client, this.#parts.max)
    void this.#save()
  }

  dropClient(issuer: string, redirectUri: string): void {
    if (this.#clients.delete(keyOf(issuer, redirectUri))) void this.#save()
  }

  /** One save at a time; whoever asks while one is under way shares the next. */
  #save(): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = null
      this.#writing = this.#write()
      return this.#writing
    })
    return this.#next
  }

  async #write(): Promise<void> {
    const { seal, onProblem } = this.#parts
    const row = (kind: Kind, key: string, value: object): string => {
      const place = placeOf(kind, key)
      return JSON.stringify({ kind, key, sealed: seal.seal(JSON.stringify(value), place) })
    }
    const rows = [
      ...Array.from(this.#tokens, ([key, token]) => row('token', key, token)),
      ...Array.from(this.#clients, ([key, client]) => row('client', key, client)),
    ]
    const draft = `${this.#path}.new`
    try {
      await using file = await open(draft, 'w', 0o600)
      await file.writeFile(`{"v":1,"rows":[\n${rows.join(',\n')}\n]}\n`)
      await file.sync()
      await rename(draft, this.#path)
    } catch (error) {
      onProblem(
        `tokens for tool servers do not survive a restart: ${this.#path} could not be written: ${String(error)}`,
      )
    }
  }

  #load(): void {
    if (!existsSync(this.#path)) return
    const rows = readJsonObject(readFileSync(this.#path, 'utf8'))?.rows
    if (!Array.isArray(rows)) return this.#parts.onProblem(`${this.#path} is not what Weir wrote; people connect again`)
    const lost = rows.filter((row) => !this.#take(row)).length
    if (lost > 0) this.#parts.onProblem(`${lost} rows of ${this.#path} cannot be opened; people connect again`)
  }

  #take(row: unknown): boolean {
    const { kind, key, sealed } = isJsonObject(row) ? row : {}
    if (typeof key !== 'string' || typeof sealed !== 'string' || (kind !== 'token' && kind !== 'client')) return false
    const text = this.#parts.seal.open(sealed, placeOf(kind, key))
    const value = text === null ? null : readJsonObject(text)
    if (!value) return false
    // Nobody but us could seal it, so it has the form it was sealed with.
    if (kind === 'token') this.#tokens.set(key, value as unknown as HeldToken)
    else this.#clients.set(key, value as unknown as OAuthClient)
    return true
  }
}

type Kind = 'token' | 'client'

/** None of the parts has a line break in it. */
function keyOf(one: string, other: string): string {
  return `${one}\n${other}`
}

function placeOf(kind: Kind, key: string): string {
  return `${kind}\n${key}`
}

function setNewest<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > max && oldest !== undefined) map.delete(oldest)
}
