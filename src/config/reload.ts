/**
 * Watches the configuration file, the files it refers to and the policies beside it. Whatever is wrong, the last
 * good configuration stays; taking a new one into use is the caller's.
 */
import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { glob } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isLoaded, loadConfig, type Loaded } from './load.ts'
import type { ConfigProblem } from './problems.ts'
import { type Environment, readBounded } from './references.ts'

export interface WatchOptions {
  readonly path: string
  /** The configuration that is in use. */
  readonly initial: Loaded
  readonly env?: Environment
  /** Takes the new configuration into use; false keeps the last good one. */
  onLoaded(loaded: Loaded): boolean | Promise<boolean>
  onProblems(problems: readonly ConfigProblem[]): void
  /** How long changes are collected before the file is read. Default 200 ms. */
  readonly debounce_ms?: number
}

type ReloadOutcome = 'taken' | 'kept'

export interface ConfigWatch {
  /** Reads the file now, changed or not. Joins a reload that has not begun to read yet. Never rejects. */
  reload(): Promise<ReloadOutcome>
  readonly lastGood: Loaded
  /** When what is there was looked at for the first time: what changes from then on is seen. */
  readonly ready: Promise<unknown>
  close(): void
}

const policyFilesMax = 1000
const policyBytesMax = 1_048_576

export function watchConfig(options: WatchOptions): ConfigWatch {
  const watching = new Watching(options)
  watching.follow()
  return watching
}

class Watching implements ConfigWatch {
  readonly #options: WatchOptions
  #lastGood: Loaded
  /** What was looked at last, good or bad: a change that changes nothing is not tried again. */
  #lastSeen: Promise<string>
  #running: Promise<ReloadOutcome> | null = null
  #next: Promise<ReloadOutcome> | null = null
  #timer: NodeJS.Timeout | null = null
  #watchers = new Map<string, FSWatcher>()
  #closed = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#lastGood = options.initial
    this.#lastSeen = seenOf(options.initial)
  }

  get ready(): Promise<unknown> {
    return this.#lastSeen
  }

  get lastGood(): Loaded {
    return this.#lastGood
  }

  reload(): Promise<ReloadOutcome> {
    return this.#queue(true)
  }

  close(): void {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** Directories are watched and not files, because editors put a new file in the place of the old one. */
  follow(): void {
    const { sources, settings } = this.#lastGood
    const wanted = new Set([...sources.map((source) => dirname(source)), settings.policy.dir])
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory)) continue
      watcher.close()
      this.#watchers.delete(directory)
    }
    for (const directory of wanted) if (!this.#watchers.has(directory)) this.#watch(directory)
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => this.#changed(directory, name))
      watcher.on('error', () => {
        watcher.close()
        this.#watchers.delete(directory)
      })
      this.#watchers.set(directory, watcher)
    } catch {
      // A directory that is gone cannot be watched; an explicit reload still works and follows it again.
    }
  }

  #changed(directory: string, name: string | null): void {
    const { sources, settings } = this.#lastGood
    const ours = name === null || directory === settings.policy.dir || sources.includes(join(directory, name))
    if (!ours || this.#timer || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.#queue(false)
    }, this.#options.debounce_ms ?? 200)
    this.#timer.unref()
  }

  /** One reload at a time, and at most one behind it: that one sees whatever changed in the meantime. */
  #queue(asked: boolean): Promise<ReloadOutcome> {
    if (!this.#running) {
      this.#running = this.#run(asked).finally(() => {
        this.#running = null
      })
      return this.#running
    }
    this.#next ??= this.#running.then(() => {
      this.#next = null
      return this.#queue(asked)
    })
    return this.#next
  }

  async #run(asked: boolean): Promise<ReloadOutcome> {
    const outcome = await loadConfig(this.#options.path, this.#options.env)
    const seen = isLoaded(outcome) ? await seenOf(outcome) : JSON.stringify(outcome)
    const before = await this.#lastSeen
    if (this.#closed || (!asked && seen === before)) return 'kept'
    this.#lastSeen = Promise.resolve(seen)
    if (!isLoaded(outcome)) {
      this.#options.onProblems(outcome)
      return 'kept'
    }
    if (!(await this.#take(outcome))) return 'kept'
    this.#lastGood = outcome
    this.follow()
    return 'taken'
  }

  async #take(loaded: Loaded): Promise<boolean> {
    try {
      return await this.#options.onLoaded(loaded)
    } catch (error) {
      const message = `could not be taken into use (${error instanceof Error ? error.name : 'unknown'})`
      const place = { file: basename(loaded.file), line: 1, col: 1, path: '', suggestion: null }
      this.#options.onProblems([{ ...place, message, expected: 'a configuration that can be started' }])
      return false
    }
  }
}

/** What a configuration and its policies look like, in one text that is only compared. */
async function seenOf({ settings, fingerprint }: Loaded): Promise<string> {
  const hash = createHash('sha256').update(fingerprint.reveal())
  const names: string[] = []
  for await (const name of glob('*', { cwd: settings.policy.dir })) {
    if (names.push(name) >= policyFilesMax) break
  }
  for (const name of names.toSorted()) {
    const text = await readBounded(join(settings.policy.dir, name), policyBytesMax)
    hash.update(`\0${basename(name)}\0${text.ok ? text.value : text.reason}`)
  }
  return hash.digest('hex')
}
