/** `weir audit`: the ledger proved, looked into, and handed to others. */
import type { Filter } from '../../domain/filter.ts'
import { isFilterProblem, readFilter } from '../../domain/filter-read.ts'
import { exportFormats } from '../audit/deps.ts'
import { exportPage, foundPage, holdsPage, recordPage, verdictPage } from '../audit/page.ts'
import type { CliDeps } from '../deps.ts'
import { type CliProblem, exits, isProblem, problem } from '../exit-codes.ts'
import { openTerminal, type Terminal } from '../terminal.ts'
import { readSince } from './cost.ts'

export interface ShowOptions {
  readonly config: string
  readonly json?: boolean
}

export interface RecordOptions extends ShowOptions {
  readonly payloads?: boolean
}

export interface VerifyOptions extends ShowOptions {
  readonly checkpoint?: readonly string[]
}

export interface FindOptions extends ShowOptions {
  readonly limit: string
}

export interface ExportOptions extends VerifyOptions {
  readonly out: string
  readonly format: string
}

export interface HoldOptions extends ShowOptions {
  readonly reason: string
  readonly run?: string
  readonly from?: string
  readonly until?: string
}

const limit_max = 100_000
/** Between two lines of progress on a terminal. */
const step_ms = 100

/** Ends with `no` where anything is wrong, so that a script notices. */
export async function verifyAudit(deps: CliDeps, options: VerifyOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const bar = progressOn(deps)
  const asked = { configPath: options.config, checkpoints: options.checkpoint ?? [] }
  const verdict = await deps.audit.verify(asked, ({ entries, of }) => bar.show(entries, of))
  bar.clear()
  if (isProblem(verdict)) return terminal.fail(verdict)
  if (options.json) terminal.printJson(verdict)
  else terminal.print(verdictPage(verdict, terminal.paint))
  return verdict.ok ? exits.ok : exits.no
}

/** One line on a terminal that is written over; nothing anywhere else. */
function progressOn({ stderr, isTTY, clock }: CliDeps) {
  let shownAt = Number.NEGATIVE_INFINITY
  return {
    show(done: number, of: number): void {
      const now = clock.monotonic()
      if (!isTTY || now - shownAt < step_ms) return
      shownAt = now
      const part = of === 0 ? 1 : Math.min(1, done / of)
      const filled = Math.round(part * 30)
      stderr.write(`\r${'█'.repeat(filled)}${'░'.repeat(30 - filled)} ${done.toLocaleString('en')} records`)
    },
    clear(): void {
      if (isTTY && shownAt > 0) stderr.write('\r\u001b[K')
    },
  }
}

export async function showRecord(deps: CliDeps, what: string, options: RecordOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const shown = await deps.audit.show({ configPath: options.config, what, payloads: options.payloads === true })
  if (isProblem(shown)) return terminal.fail(shown)
  if (options.json) terminal.printJson(shown)
  else terminal.print(recordPage(shown, terminal.paint))
  return shown.proof === 'broken' ? exits.no : exits.ok
}

export async function findRecords(deps: CliDeps, words: readonly string[], options: FindOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const filter = filterIn(words, deps)
  if (isProblem(filter)) return terminal.fail(filter)
  const limit = Number(options.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > limit_max)
    return terminal.fail(problem('usage', `--limit takes a number from 1 to ${limit_max}.`))
  const found = await deps.audit.find({ configPath: options.config, filter, limit })
  if (isProblem(found)) return terminal.fail(found)
  sayProblems(terminal, found.problems)
  if (options.json) terminal.printJson(found)
  else terminal.print(foundPage(found, terminal.paint))
  return exits.ok
}

export async function exportRecords(deps: CliDeps, words: readonly string[], options: ExportOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const filter = filterIn(words, deps)
  if (isProblem(filter)) return terminal.fail(filter)
  const format = exportFormats.find((known) => known === options.format)
  if (format === undefined) return terminal.fail(problem('usage', `--format is one of ${exportFormats.join(', ')}.`))
  const { config: configPath, out, checkpoint: checkpoints = [] } = options
  const written = await deps.audit.exportTo({ configPath, filter, words: words.join(' '), format, out, checkpoints })
  if (isProblem(written)) return terminal.fail(written)
  if (options.json) terminal.printJson(written)
  else terminal.print(exportPage(written))
  return exits.ok
}

export async function showCheckpoint(deps: CliDeps, options: ShowOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const note = await deps.audit.checkpoint(options.config)
  if (typeof note !== 'string') return terminal.fail(note)
  const view = { schema: 'weir.audit-checkpoint/v1', note }
  if (options.json) terminal.printJson(view)
  else terminal.print(note)
  return exits.ok
}

export async function listHolds(deps: CliDeps, options: ShowOptions): Promise<number> {
  return showHolds(deps, await deps.audit.holds(options.config), options)
}

export async function addHold(deps: CliDeps, name: string, options: HoldOptions): Promise<number> {
  const [from, until] = [options.from, options.until].map((written) =>
    written === undefined ? null : readSince(written, deps.clock.now()),
  )
  if (from === undefined || until === undefined)
    return openTerminal(deps).fail(
      problem('usage', '--from and --until take a time like 2026-11-28, or 7d for a week ago.'),
    )
  const { config: configPath, reason, run = null } = options
  return showHolds(deps, await deps.audit.placeHold({ configPath, name, reason, run, from, until }), options)
}

export async function releaseHold(deps: CliDeps, name: string, options: ShowOptions): Promise<number> {
  return showHolds(deps, await deps.audit.releaseHold({ configPath: options.config, name }), options)
}

function showHolds(deps: CliDeps, list: Awaited<ReturnType<CliDeps['audit']['holds']>>, { json }: ShowOptions): number {
  const terminal = openTerminal(deps)
  if (isProblem(list)) return terminal.fail(list)
  if (json) terminal.printJson(list)
  else terminal.print(holdsPage(list))
  return exits.ok
}

function filterIn(words: readonly string[], { clock }: CliDeps): Filter | CliProblem {
  const filter = readFilter(words.join(' '), clock.now())
  return isFilterProblem(filter) ? problem('usage', filter.sentence) : filter
}

function sayProblems(terminal: Terminal, problems: readonly string[]): void {
  if (problems.length > 0) terminal.say(['The ledger could not be read to its end.', ...problems].join('\n'))
}
