/** Push notifications joined: who registered, what waits, who delivers it, what was given up, and who may call back. */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Party, TaskRow } from '../../domain/task.ts'
import type { HeaderMap } from '../../protocol/http.ts'
import type { Journal } from '../journal.ts'
import { maySee } from '../owner.ts'
import { byChance, openSeal } from '../seal.ts'
import type { ShelfName, Stored } from '../shelves.ts'
import type { Entry, TaskTable } from '../table.ts'
import { Callbacks } from './callbacks.ts'
import { type ConfigEntry, ConfigTable } from './configs.ts'
import type {
  CallbackSecrets,
  DeadLetter,
  JudgeUrl,
  PostOutside,
  PushConfig,
  PushConfigs,
  PushDraft,
  PushProblem,
  PushVersion,
} from './contract.ts'
import { DeadLetters } from './dead.ts'
import { Outbox, type PushEvent } from './outbox.ts'
import { Postman } from './postman.ts'

export interface PushSettings {
  readonly secret: Uint8Array
  readonly clock: Clock
  readonly dice: Dice
  readonly postOutside: PostOutside
  readonly judgeUrl: JudgeUrl
  readonly maximums: {
    readonly push_configs: number
    readonly push_events: number
    readonly push_event_chars: number
    readonly push_dead: number
  }
}

export interface PushPlace {
  readonly table: TaskTable
  readonly journal: Journal
  readonly stored: ReadonlyMap<ShelfName, readonly Stored[]>
}

/** Configs of one task. */
const perTask_max = 16
/** What dead letters may weigh, as a part of what may wait. */
const deadPart = 1 / 4

export class Push implements PushConfigs {
  readonly #settings: PushSettings
  readonly #table: TaskTable
  readonly #callbacks: Callbacks
  readonly #configs: ConfigTable
  readonly #outbox: Outbox
  readonly #dead: DeadLetters
  readonly #postman: Postman
  /** The last event of a task that was handed in, by the number of the task. */
  readonly #seen = new Map<number, number>()

  constructor(settings: PushSettings, { table, journal, stored }: PushPlace) {
    const { secret, clock, dice, postOutside: post, maximums } = settings
    const { push_dead, push_event_chars } = maximums
    const rowsOf = (name: ShelfName): readonly Stored[] => stored.get(name) ?? []
    this.#settings = settings
    this.#table = table
    this.#callbacks = new Callbacks(secret)
    this.#configs = new ConfigTable(openSeal(secret, 'push configs', byChance(dice)), journal, rowsOf('push_configs'))
    const agentOf = (config: number): string | null => this.#configs.withNumber(config)?.agent ?? null
    this.#outbox = new Outbox(maximums, journal, rowsOf('push_events'), agentOf)
    this.#dead = new DeadLetters(push_dead, push_event_chars * deadPart, journal, rowsOf('push_dead'))
    const giveUp = (event: PushEvent, reason: string): void => this.#bury(event, reason)
    this.#postman = new Postman({ configs: this.#configs, outbox: this.#outbox, giveUp, post, clock, dice })
    table.onGone = (entry) => this.#forget(entry)
    for (const entry of this.#configs.all()) if (!this.#belongs(entry)) this.#leave(entry)
    for (const config of this.#outbox.configs()) this.#postman.wake(config)
  }

  get waiting(): number {
    return this.#outbox.size
  }

  /** Rows of the disk that are none. */
  get unreadable(): number {
    return this.#configs.unreadable + this.#outbox.unreadable + this.#dead.unreadable
  }

  async put(config: PushDraft, row: TaskRow, caller: Party): Promise<PushConfig | PushProblem> {
    const { judgeUrl, dice, maximums } = this.#settings
    const entry = this.#table.find(row.target, row.taskId)
    if (!entry || !maySee(entry.row, caller)) return problem('not_yours', 'the task was not found')
    const refused = judgeUrl(config.url)
    if (refused !== null) return problem('bad_url', refused)
    const id = config.id ?? `push_${dice.hex(8)}`
    const isNew = this.#configs.find(row, id) === null
    if (isNew && this.#configs.of(row).length >= perTask_max)
      return problem('too_many', `a task has at most ${perTask_max} push notification configs`)
    if (isNew && this.#configs.size >= maximums.push_configs)
      return problem('full', 'no room for another push notification config')
    const key = { target: row.target, taskId: row.taskId, agent: entry.row.owner.agent }
    const kept = await this.#configs.put(key, { ...config, id })
    const registered = this.#configs.find(row, id)
    if (registered && !isNew) this.#postman.hurry(registered.no)
    if (kept) return shown({ ...config, id })
    if (registered && isNew) void this.#configs.remove(registered)
    return problem('not_kept', 'the push notification config cannot be kept')
  }

  get(target: AgentId, taskId: string, configId: string): PushConfig | null {
    const entry = this.#configs.find({ target, taskId }, configId)
    return entry && this.#shown(entry)
  }

  list(target: AgentId, taskId: string): readonly PushConfig[] {
    return this.#configs.of({ target, taskId }).flatMap((entry) => this.#shown(entry) ?? [])
  }

  awaited(): readonly TaskRow[] {
    return [...this.#table.open()].filter(({ target, taskId }) => this.#configs.of({ target, taskId }).length > 0)
  }

  async delete(target: AgentId, taskId: string, configId: string): Promise<boolean> {
    const entry = this.#configs.find({ target, taskId }, configId)
    if (!entry) return false
    this.#outbox.clear(entry.no)
    await this.#configs.remove(entry)
    return true
  }

  async notify(
    target: AgentId,
    taskId: string,
    seq: number,
    bodies: (version: PushVersion) => Uint8Array,
  ): Promise<boolean> {
    const task = this.#table.find(target, taskId)
    const configs = this.#configs.of({ target, taskId })
    if (!task || configs.length === 0 || seq <= (this.#seen.get(task.no) ?? Number.NEGATIVE_INFINITY)) return true
    this.#seen.set(task.no, seq)
    const texts = new Map<PushVersion, string>()
    const kept = configs.map((entry) => {
      const body = texts.get(entry.version) ?? Buffer.from(bodies(entry.version)).toString('utf8')
      texts.set(entry.version, body)
      return this.#enqueue(entry, seq, body)
    })
    return (await Promise.all(kept)).every(Boolean)
  }

  secretsFor(target: AgentId, taskId: string): CallbackSecrets | null {
    const entry = this.#table.find(target, taskId)
    return entry && this.#callbacks.secretsOf(entry)
  }

  accept(opaque: string, headers: HeaderMap): TaskRow | null {
    const no = this.#callbacks.numberIn(opaque)
    const entry = no === null ? null : this.#table.withNumber(no)
    return entry && this.#callbacks.proves(headers, entry) ? entry.row : null
  }

  withdraw(barred: (row: TaskRow) => boolean): void {
    for (const config of this.#outbox.configs()) {
      const entry = this.#configs.withNumber(config)
      const task = entry && this.#table.find(entry.target, entry.taskId)
      if (task && barred(task.row)) this.#postman.giveUpAll(config, 'its owner was revoked or contained')
    }
  }

  dead(): readonly DeadLetter[] {
    return this.#dead.list()
  }

  retry(id: string): boolean {
    const buried = this.#dead.find(id)
    const entry = buried && this.#configs.withNumber(buried.config)
    if (!buried || !entry || entry.left) return false
    const { agent, no } = entry
    const { seq, body } = buried
    if (!this.#outbox.hasRoomFor({ agent, body })) return false
    this.#makeRoom(no)
    this.#dead.remove(id)
    void this.#wait({ agent, config: no, id, seq, at: this.#settings.clock.now(), body })
    this.#postman.hurry(no)
    return true
  }

  sweep(now: Millis): void {
    this.#postman.sweep(now)
  }

  stop(): void {
    this.#postman.stop()
  }

  #enqueue({ no, agent }: ConfigEntry, seq: number, body: string): Promise<boolean> {
    const { clock, dice } = this.#settings
    const event = { agent, config: no, id: `dlv_${dice.hex(16)}`, seq, at: clock.now(), body }
    this.#makeRoom(no)
    if (this.#outbox.hasRoomFor(event)) return this.#wait(event)
    this.#bury(event, 'there was no room for it')
    return Promise.resolve(false)
  }

  async #wait(event: Parameters<Outbox['add']>[0]): Promise<boolean> {
    const kept = await this.#outbox.keep(this.#outbox.add(event))
    this.#postman.wake(event.config)
    return kept
  }

  #makeRoom(config: number): void {
    const oldest = this.#outbox.crowded(config)
    if (!oldest) return
    this.#bury(oldest, 'newer events took its place')
    this.#outbox.remove(oldest)
  }

  #bury({ id, config, seq, at, body }: Omit<PushEvent, 'no'>, reason: string): void {
    const entry = this.#configs.withNumber(config)
    if (!entry) return
    const { target, taskId, id: configId } = entry
    const diedAt = this.#settings.clock.now()
    this.#dead.bury({ id, target, taskId, configId, seq, at, diedAt, reason, config, body })
  }

  #forget({ no, row }: Entry): void {
    this.#seen.delete(no)
    for (const entry of this.#configs.of(row)) this.#leave(entry)
  }

  /** Its task is gone: what waits is still delivered. */
  #leave(entry: ConfigEntry): void {
    if (this.#outbox.waitingFor(entry.no) > 0) this.#configs.leave(entry)
    else void this.#configs.remove(entry)
  }

  #belongs({ target, taskId, agent, left }: ConfigEntry): boolean {
    return !left && this.#table.find(target, taskId)?.row.owner.agent === agent
  }

  #shown(entry: ConfigEntry): PushConfig | null {
    const draft = this.#configs.open(entry)
    return draft && shown({ ...draft, id: entry.id })
  }
}

function shown({ id, url, scheme, version }: PushConfig): PushConfig {
  return { id, url, scheme, version }
}

function problem(reason: PushProblem['reason'], sentence: string): PushProblem {
  return { kind: 'push_problem', reason, sentence }
}
