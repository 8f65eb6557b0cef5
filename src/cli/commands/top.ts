/** `weir top`: agents by what they spend a minute, once or as long as somebody looks. */
import { type AskOptions, withAdmin } from '../admin-command.ts'
import type { TopLine, TopList } from '../admin-api-live.ts'
import type { CliDeps } from '../deps.ts'
import { exits, isProblem, problem } from '../exit-codes.ts'
import { watchForEnd } from '../interrupted.ts'
import { type Paint, type Tone, visible } from '../paint.ts'
import { type Column, table } from '../table.ts'
import { openTerminal } from '../terminal.ts'
import { formatCount, formatDuration, formatTime } from '../units.ts'

export interface TopOptions extends AskOptions {
  readonly once?: boolean
  /** Seconds between two looks, and seconds that are looked back. */
  readonly interval: string
  readonly window: string
  readonly limit: string
}

const columns: readonly Column[] = [
  { title: 'AGENT' },
  { title: 'RUNS', align: 'right' },
  { title: 'CALL/S', align: 'right' },
  { title: '$/MIN', align: 'right' },
  { title: 'TOK/S', align: 'right' },
  { title: 'P99ms', align: 'right' },
  { title: 'DENY%', align: 'right' },
  { title: 'LAPS', align: 'right' },
  { title: 'BUDGET (today)' },
]

/** The alternate screen without a cursor, and back; to the top left, and away with what was below. */
const screen = { open: '\u001b[?1049h\u001b[?25l', close: '\u001b[?25h\u001b[?1049l', again: '\u001b[H\u001b[J' }

export async function top(deps: CliDeps, options: TopOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const [interval, window, limit] = [options.interval, options.window, options.limit].map(Number)
  if (!isWhole(interval, 60) || !isWhole(window, 86_400) || !isWhole(limit, 1000)) {
    const text = '--interval takes 1 to 60 s, --window 1 to 86400 s, --limit 1 to 1000 agents.'
    return terminal.fail(problem('usage', text))
  }
  const look = () => withAdmin(deps, options, (admin) => admin.top(window, limit))
  const first = await look()
  if (isProblem(first)) return terminal.fail(first)
  if (options.json) terminal.printJson(first)
  else if (options.once || !deps.isTTY) terminal.print(topPage(first, terminal.paint))
  if (options.json || options.once || !deps.isTTY) return exits.ok
  const watch = watchForEnd(deps, true)
  terminal.print(screen.open)
  try {
    for (let seen: Awaited<ReturnType<typeof look>> = first; !watch.signal.aborted; seen = await look()) {
      const page = isProblem(seen) ? `${visible(seen.text)}\n` : topPage(seen, terminal.paint)
      terminal.print(`${screen.again}${page}\n${terminal.paint('quiet', 'q ends it')}\n`)
      await pause(interval * 1000, watch.signal)
    }
    return exits.ok
  } finally {
    terminal.print(screen.close)
    watch.close()
  }
}

function isWhole(value: number | undefined, max: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= max
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}

function topPage({ rows, to, window_ms }: TopList, paint: Paint): string {
  const head = paint('quiet', `the last ${formatDuration(window_ms)} until ${formatTime(to)}`)
  if (rows.length === 0) return `${head}\nNobody called.\n`
  return `${head}\n${table(
    columns,
    rows.map((row) => cellsOf(row, paint)),
  )}`
}

function cellsOf(row: TopLine, paint: Paint): readonly string[] {
  const denied = (row.deny_share * 100).toFixed(1)
  return [
    visible(row.agent),
    formatCount(row.runs),
    (row.calls_per_minute / 60).toFixed(1),
    (row.cost_micros_per_minute / 1_000_000).toFixed(2),
    short(row.tokens_per_minute / 60),
    row.p99_ms === null ? '-' : formatCount(Math.round(row.p99_ms)),
    row.deny_share > 0 ? paint('warn', denied) : denied,
    row.laps > 0 ? paint('bad', formatCount(row.laps)) : '0',
    budgetOf(row, paint),
  ]
}

/** `9.8k` of 9800. */
function short(value: number): string {
  if (value < 1000) return value.toFixed(value < 10 ? 1 : 0)
  return value < 1_000_000 ? `${(value / 1000).toFixed(1)}k` : `${(value / 1_000_000).toFixed(1)}m`
}

const bar_cells = 10

/** How much of it is gone, and how long the rest lasts at this pace. */
function budgetOf({ budget, ...row }: TopLine, paint: Paint): string {
  if (!budget) return '-'
  const share = Math.min(1, budget.held / budget.max)
  const filled = Math.round(share * bar_cells)
  const tone: Tone = share >= 0.9 ? 'bad' : share >= 0.7 ? 'warn' : 'good'
  const pace = budget.of === 'tokens' ? row.tokens_per_minute : row.cost_micros_per_minute
  const left_ms = pace > 0 ? ((budget.max - budget.held) / pace) * 60_000 : Infinity
  const until = left_ms < 86_400_000 ? `  ${formatDuration(Math.max(0, left_ms))} left` : ''
  return `${paint(tone, '▓'.repeat(filled).padEnd(bar_cells))} ${Math.round(share * 100)} %${until}`
}
