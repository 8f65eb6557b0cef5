/** `weir runs ls|show|tree|explain|diff|export`: pages about runs, from a gateway or from what it left on the disk. */
import { isRunId } from '../../domain/ids.ts'
import { diffRuns } from '../../domain/story/diff-runs.ts'
import { type RunStory, storyHops_max } from '../../domain/story.ts'
import { type AskOptions, show } from '../admin-command.ts'
import type { CliDeps } from '../deps.ts'
import { type CliProblem, exits, isProblem, problem } from '../exit-codes.ts'
import type { RunRecord, StoryAsked } from '../story/deps.ts'
import { diffPage } from '../story/diff-page.ts'
import { explainPage } from '../story/explain-page.ts'
import { type GraphFormat, graphFormats, graphText } from '../story/graph-text.ts'
import { runsPage, runStoryPage } from '../story/list-page.ts'
import { storiesFor } from '../story/remote.ts'
import { treePage } from '../story/tree-page.ts'
import { openTerminal } from '../terminal.ts'

export interface ListOptions extends AskOptions {
  readonly limit: string
  readonly cursor?: string
}

export interface PageOptions extends AskOptions {
  readonly limit?: string
}

export interface ExportOptions extends AskOptions {
  readonly out?: string
  readonly format: string
}

/** Lines of a tree that fit before the eyes of a person; what is piped is whole. */
const linesOnTerminal = 200

export async function listRuns(deps: CliDeps, filter: string, options: ListOptions): Promise<number> {
  const limit = readLimit(options.limit, 1, 1000)
  if (isProblem(limit)) return openTerminal(deps).fail(limit)
  const asked = { configPath: options.config, filter, cursor: options.cursor ?? null, limit: limit.value }
  const page = await storiesFor(deps).list(asked)
  if (!isProblem(page) && page.next !== null && !options.json)
    openTerminal(deps).say(`There are more: add --cursor ${page.next}`)
  const answer = isProblem(page) ? page : { schema: 'weir.run_rows/v1', runs: page.rows, next: page.next }
  return show(deps, options, answer, ({ runs }, paint) => runsPage(runs, paint, deps.clock.now()))
}

export async function explainRun(deps: CliDeps, id: string | undefined, options: PageOptions): Promise<number> {
  const told = await findAbout(deps, id, options, (asked) => storiesFor(deps).explanation(asked))
  return show(deps, options, told, (told, paint) => explainPage(told, paint, deps.clock.now()))
}

export async function showRun(deps: CliDeps, id: string | undefined, options: PageOptions): Promise<number> {
  const limit = readLimit(options.limit ?? '0', 0, Number.MAX_SAFE_INTEGER)
  if (isProblem(limit)) return openTerminal(deps).fail(limit)
  const isWhole = options.json || limit.value === 0 || limit.value > storyHops_max
  const last = isWhole ? {} : { last: limit.value }
  const story = await findAbout(deps, id, options, (asked) => storiesFor(deps).story({ ...asked, ...last }))
  const answer = isProblem(story) ? story : { schema: 'weir.story/v1', ...story }
  return show(deps, options, answer, (story, paint) =>
    runStoryPage(story, paint, { now: deps.clock.now(), limit: limit.value }),
  )
}

export async function treeRun(deps: CliDeps, id: string | undefined, options: PageOptions): Promise<number> {
  const usual = deps.isTTY ? String(linesOnTerminal) : '0'
  const limit = readLimit(options.limit ?? usual, 0, Number.MAX_SAFE_INTEGER)
  if (isProblem(limit)) return openTerminal(deps).fail(limit)
  const tree = await findAbout(deps, id, options, (asked) => storiesFor(deps).tree(asked))
  return show(deps, options, tree, (tree, paint) => treePage(tree, paint, limit.value))
}

export async function diffTwo(deps: CliDeps, ids: readonly [string, string], options: PageOptions): Promise<number> {
  const one = await findStory(deps, ids[0], options)
  if (isProblem(one)) return openTerminal(deps).fail(one)
  const other = await findStory(deps, ids[1], options)
  const diff = isProblem(other) ? other : diffRuns(one, other)
  const code = show(deps, options, diff, (diff, paint) => diffPage(diff, paint, deps.clock.now()))
  return code === exits.ok && !isProblem(diff) && !diff.alike ? exits.no : code
}

/** Records leave as they are read, so that a run of any length can be exported. */
export async function exportRun(deps: CliDeps, given: string, options: ExportOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const text = await exportText(deps, given, options)
  if (isProblem(text)) return terminal.fail(text)
  if (options.out !== undefined) {
    const failed = await storiesFor(deps).write(options.out, text)
    if (failed) return terminal.fail(failed)
    const files = { schema: 'weir.files/v1', files: [options.out] }
    if (options.json) terminal.printJson(files)
    else terminal.print(`${options.out}\n`)
    return exits.ok
  }
  for await (const piece of text) terminal.print(piece)
  return exits.ok
}

async function exportText(
  deps: CliDeps,
  given: string,
  options: ExportOptions,
): Promise<AsyncIterable<string> | CliProblem> {
  const { format, config } = options
  if (isGraphFormat(format)) {
    const story = await findStory(deps, given, options)
    return isProblem(story) ? story : once(graphText(story, format))
  }
  if (format !== 'jsonl') return problem('usage', `${format} is none of jsonl, ${graphFormats.join(', ')}.`)
  const run = await nameRun(deps, given, options)
  if (typeof run !== 'string') return run
  const records = await storiesFor(deps).records({ configPath: config, run })
  return isProblem(records) ? records : jsonLines(records)
}

function isGraphFormat(format: string): format is GraphFormat {
  return graphFormats.some((known) => known === format)
}

async function* once(text: string): AsyncGenerator<string> {
  yield await Promise.resolve(text)
}

async function* jsonLines(records: AsyncIterable<RunRecord>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`
}

function findStory(deps: CliDeps, given: string | undefined, options: AskOptions): Promise<RunStory | CliProblem> {
  return findAbout(deps, given, options, (asked) => storiesFor(deps).story(asked))
}

async function findAbout<T>(
  deps: CliDeps,
  given: string | undefined,
  options: AskOptions,
  find: (asked: StoryAsked) => Promise<T | CliProblem>,
): Promise<T | CliProblem> {
  const run = await nameRun(deps, given, options)
  return typeof run === 'string' ? find({ configPath: options.config, run }) : run
}

const traceForm = /^[0-9a-f]{32}$/
const beginningForm = /^(?:run_)?[0-9a-f]{1,31}$/

/** The full id of a run that was named by it, by its trace id, by a beginning, or not at all. */
async function nameRun(deps: CliDeps, given: string | undefined, options: AskOptions): Promise<string | CliProblem> {
  if (given === undefined) return latestRun(deps, options)
  if (isRunId(given)) return given
  if (traceForm.test(given)) return `run_${given}`
  const name = given.replace(/…$/, '')
  if (!beginningForm.test(name)) return problem('usage', `${given} is no id of a run: those begin with run_.`)
  const beginning = name.startsWith('run_') ? name : `run_${name}`
  const asked = { configPath: options.config, filter: `run:${beginning}*`, cursor: null, limit: 2 }
  const page = await storiesFor(deps).list(asked)
  if (isProblem(page)) return page
  const [run, another] = page.rows
  if (!run) return problem('not_found', `No run that is kept begins with ${beginning}.`)
  if (another) return problem('usage', `Several runs begin with ${beginning}: ${run.id}, ${another.id} ...`)
  return run.id
}

/** What somebody who was just woken means: the last run that was halted, or the last one at all. */
async function latestRun(deps: CliDeps, { config }: AskOptions): Promise<string | CliProblem> {
  for (const filter of ['status:halted', '']) {
    const page = await storiesFor(deps).list({ configPath: config, filter, cursor: null, limit: 1 })
    if (isProblem(page)) return page
    const [run] = page.rows
    if (run) return run.id
  }
  return problem('not_found', 'There are no runs yet.')
}

function readLimit(written: string, min: number, max: number): { readonly value: number } | CliProblem {
  const value = /^\d{1,15}$/.test(written) ? Number(written) : -1
  return value >= min && value <= max
    ? { value }
    : problem('usage', `--limit takes a whole number ${max < 1e6 ? `from ${min} to ${max}` : `from ${min}`}.`)
}
