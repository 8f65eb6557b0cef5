/** `weir tail`: calls as they end, with what was before if asked, at a rate that can be read. */
import type { LiveEvent } from '../../domain/live-event.ts'
import type { HopRow } from '../../domain/story.ts'
import { type AskOptions, withAdmin } from '../admin-command.ts'
import { findAdmin } from '../admin-client.ts'
import type { AdminPlace, CliDeps } from '../deps.ts'
import { openEvents, type SeenEvent } from '../event-source.ts'
import { type CliProblem, exits, isProblem, problem } from '../exit-codes.ts'
import { filterText } from '../filter-text.ts'
import { watchForEnd } from '../interrupted.ts'
import { hopLine } from '../tail-view.ts'
import { openTerminal, type Terminal } from '../terminal.ts'
import { formatCount } from '../units.ts'

export interface TailOptions extends AskOptions {
  readonly filter?: string
  readonly since?: string
  readonly rate: string
}

const history_max = 1000
const rate_max = 10_000
/** Between two attempts to go on after a break, and how many there are. */
const retry_ms = 1000
const retries_max = 30

export async function tail(deps: CliDeps, words: readonly string[], options: TailOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const filter = filterText(deps, [words.join(' '), options.filter])
  if (typeof filter !== 'string') return terminal.fail(filter)
  const since = options.since === undefined ? '' : `since:${options.since}`
  const checked = filterText(deps, [since])
  if (typeof checked !== 'string')
    return terminal.fail(problem('usage', '--since takes a time such as 5m, 2h or 2026-11-28.'))
  const rate = Number(options.rate)
  if (!Number.isInteger(rate) || rate < 1 || rate > rate_max)
    return terminal.fail(problem('usage', `--rate takes 1 to ${formatCount(rate_max)} lines a second.`))
  const place = await findAdmin(deps, options.config)
  if (isProblem(place)) return terminal.fail(place)
  const watch = watchForEnd(deps, false)
  try {
    const lines = new Lines(deps, terminal, { rate, json: options.json ?? false })
    const failed = await follow({ deps, place, filter, since, options, lines, signal: watch.signal })
    lines.turn()
    return failed ? terminal.fail(failed) : exits.ok
  } finally {
    watch.close()
  }
}

interface Following {
  readonly deps: CliDeps
  readonly place: AdminPlace
  readonly filter: string
  readonly since: string
  readonly options: TailOptions
  readonly lines: Lines
  readonly signal: AbortSignal
}

/** Until somebody has seen enough: null. The stream is opened before the past is asked for, so that nothing is between them. */
async function follow(following: Following): Promise<CliProblem | null> {
  const { place, filter, since, lines, signal } = following
  let after: string | null = null
  let shown = 0
  for (let tries = 0; !signal.aborted; tries++) {
    const events = await openEvents(place, { topics: 'hops', filter, after, signal })
    if (signal.aborted) return null
    if (isProblem(events)) {
      if (after === null || events.exit !== 'unreachable' || tries >= retries_max) return events
    } else {
      if (after === null && since !== '') {
        const past = await showPast(following)
        if (typeof past !== 'number') return past
        shown = past
      }
      tries = 0
      for await (const event of events) {
        after = event.id
        lines.event(event, shown)
      }
    }
    if (!signal.aborted) await waited(retry_ms, signal)
  }
  return null
}

/** Number of the newest call that was shown. */
async function showPast({ deps, filter, since, options, lines }: Following): Promise<number | CliProblem> {
  const text = filterText(deps, [filter, since])
  if (typeof text !== 'string') return text
  const page = await withAdmin(deps, options, (admin) => admin.listHops(text, history_max))
  if (isProblem(page)) return page
  if (page.next !== null) lines.say(`… older calls are left out; the newest ${formatCount(page.rows.length)}:`)
  for (const hop of page.rows.toReversed()) lines.past(hop)
  return Math.max(0, ...page.rows.map(({ seq }) => seq))
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Prints lines, no more a second than can be read, and says how many it left out. */
class Lines {
  readonly #deps: CliDeps
  readonly #terminal: Terminal
  readonly #how: { readonly rate: number; readonly json: boolean }
  #second = 0
  #printed = 0
  #left = 0

  constructor(deps: CliDeps, terminal: Terminal, how: { readonly rate: number; readonly json: boolean }) {
    this.#deps = deps
    this.#terminal = terminal
    this.#how = how
  }

  past(hop: HopRow): void {
    if (this.#how.json)
      this.#deps.stdout.write(`${JSON.stringify({ seq: hop.seq, at: hop.at, kind: 'call', row: hop })}\n`)
    else this.#terminal.print(hopLine(hop, this.#terminal.paint, this.#deps.isTTY))
  }

  /** Calls up to that number of the ledger were shown before. */
  event({ event, data }: SeenEvent, shown: number): void {
    if (event === 'reset') return this.say('… some calls are not shown: they came faster than they were read.')
    if (event !== 'call') return
    const told = JSON.parse(data) as LiveEvent
    if (told.kind !== 'call' || told.seq <= shown) return
    if (this.#how.json) return void this.#deps.stdout.write(`${data}\n`)
    const second = Math.floor(this.#deps.clock.monotonic() / 1000)
    if (second !== this.#second) {
      this.turn()
      this.#second = second
    }
    this.#left += told.folded ?? 0
    if (this.#printed >= this.#how.rate) {
      this.#left += 1
      return
    }
    this.#printed += 1
    this.#terminal.print(hopLine(told.row, this.#terminal.paint, this.#deps.isTTY))
  }

  /** A second is over. */
  turn(): void {
    if (this.#left > 0) this.#terminal.print(`${this.#terminal.paint('quiet', `… ${formatCount(this.#left)} more`)}\n`)
    this.#left = 0
    this.#printed = 0
  }

  /** A message that is no call. */
  say(text: string): void {
    this.#terminal.say(text)
  }
}
