/** From what an agent answered to what it means: one table for each thing it is asked, and one for how anything fails. */
import type { Finding, FindingResult } from '../../domain/checkup.ts'
import type { Heard } from './heard.ts'
import { type Outcome, outcomeOf, tellOf } from './outcome.ts'

interface Row {
  readonly result: FindingResult
  /** Null where there is nothing to say. */
  readonly advice: string | null
  readonly keys?: readonly string[]
}

type Judgement = Readonly<Partial<Record<Outcome, Row>>>

const fine: Row = { result: 'ok', advice: null }

function emulated(advice: string, ...keys: readonly string[]): Row {
  return { result: 'emulated', advice, keys }
}

function problem(advice: string, ...keys: readonly string[]): Row {
  return { result: 'problem', advice, keys }
}

function unknown(advice: string, ...keys: readonly string[]): Row {
  return { result: 'unknown', advice, keys }
}

const silent = problem(
  'It answers nothing in time: look at its log, or give it longer, here with --timeout.',
  'timeouts.first_byte_ms',
)

/** Whatever is asked. */
const failures: Readonly<Record<Outcome, Row>> = {
  message: fine,
  over: fine,
  failed: unknown('It answers, and what it was asked to do failed: look at its log, or send another --message.'),
  waiting: fine,
  open: fine,
  unknown_task: unknown(
    'It does not know its own task a moment later. Behind one address there may be several instances.',
    'instances',
    'shared_task_store',
  ),
  not_found: problem(
    'There is nothing at that path: its address or its binding is another.',
    'url',
    'bindings',
    'interfaces',
  ),
  not_cancelable: unknown('The task was over before it could be told.'),
  unsupported: unknown('It does not offer this.'),
  no_method: problem(
    'It does not know the method, so it speaks another version or no A2A there.',
    'versions',
    'interfaces',
    'url',
  ),
  wrong_version: problem('It does not speak this version.', 'versions', 'interfaces'),
  error: unknown('It refused in words of its own; callers are handed its error.'),
  refused: problem('It wants another credential than the one it gets.', 'headers', 'credential', 'driver'),
  not_a2a: problem('What answers there does not speak this dialect.', 'url', 'versions', 'bindings', 'driver.kind'),
  late: silent,
  cut: problem('It closes the connection without an answer: look at its log.', 'url', 'driver.kind'),
  unreachable: problem('Nothing listens there.', 'url', 'instances'),
  nothing: problem('It ends without an answer: look at its log.', 'url', 'driver.kind'),
}

const stranger = unknown('It has a task of a name that nobody gave: who asks there may see tasks of others.')

/** Asked about a task that does not exist: costs nothing, and shows whether the dialect is understood. */
const lookup: Judgement = {
  unknown_task: fine,
  not_found: unknown('It may mean the task or the path; a send tells.', 'bindings', 'url'),
  unsupported: emulated('It has no tasks to ask about; what it says is all there is.'),
  message: stranger,
  over: stranger,
  failed: stranger,
  waiting: stranger,
  open: stranger,
}

const send: Judgement = {
  open: emulated('It does not wait for the end of the task: Weir asks for it until it is over.'),
  error: problem('It refuses a plain message: look at its log, or send another --message.', 'versions', 'driver.kind'),
  unsupported: problem('It does not take messages here.', 'versions', 'bindings'),
  not_a2a: problem(
    'It knows tasks and not this message: an older A2A. If it is made with FastA2A, it has a driver of its own.',
    'driver.kind',
    'versions',
  ),
}

const asksAgain = 'Weir asks for the task again and again, and tells what changed as a stream.'

const stream: Judgement = {
  unsupported: emulated(`${asksAgain} With streams: false it does not ask first.`, 'streams'),
  no_method: emulated(`${asksAgain} With streams: false it does not ask first.`, 'streams'),
  wrong_version: emulated(asksAgain, 'streams'),
  open: emulated('It closed before the end of the task: Weir asks for the task until it is over.'),
  error: problem('With streams: false Weir makes a stream of its answers.', 'streams', 'driver.kind'),
  not_a2a: problem('With streams: false Weir makes a stream of its answers.', 'streams', 'driver.kind'),
  nothing: problem('With streams: false Weir makes a stream of its answers.', 'streams', 'driver.kind'),
}

const immediately: Judgement = {
  open: fine,
  over: unknown('It was over at once, or the agent waits although it was asked not to; callers wait with it.'),
  failed: unknown('It failed at once.'),
  message: unknown('It answers with messages: there is no task to come back to.'),
  late: emulated('It waits although it was asked not to; callers wait with it.'),
}

const subscribe: Judgement = {
  open: fine,
  over: fine,
  unsupported: emulated('Who comes back to a task is told by Weir, which asks for it again and again.'),
  no_method: emulated('Who comes back to a task is told by Weir, which asks for it again and again.'),
  error: unknown('A lost stream is looked for with GetTask.'),
  not_a2a: unknown('A lost stream is looked for with GetTask.'),
  nothing: unknown('A lost stream is looked for with GetTask.'),
  late: unknown('It says nothing to who comes back to a task.'),
}

const cancel: Judgement = {
  over: fine,
  open: unknown('It took the order, and the task goes on for now.'),
  unsupported: emulated('What halts a run closes the connection; the agent may work on.'),
  no_method: emulated('What halts a run closes the connection; the agent may work on.'),
  late: unknown('It does not answer until the task is canceled, or not at all.'),
}

const tellsWebhooks = emulated('Weir tells the webhooks of callers itself, from what it hears.')

const push: Judgement = {
  unknown_task: { result: 'ok', advice: 'Weir does not need it: it tells the webhooks of callers itself.' },
  not_found: tellsWebhooks,
  unsupported: tellsWebhooks,
  no_method: tellsWebhooks,
  wrong_version: tellsWebhooks,
  error: tellsWebhooks,
  not_a2a: tellsWebhooks,
  nothing: tellsWebhooks,
}

const tables = { lookup, send, stream, immediately, subscribe, cancel, push } as const satisfies Readonly<
  Record<string, Judgement>
>

export type Asked = keyof typeof tables

/** What each thing is called among the findings. */
const names: Readonly<Record<Asked, string>> = {
  lookup: 'dialect',
  send: 'send',
  stream: 'stream',
  immediately: 'return at once',
  subscribe: 'subscribe',
  cancel: 'cancel',
  push: 'push',
}

export function judge(asked: Asked, at: string | null, heard: Heard): Finding {
  const outcome = outcomeOf(heard)
  const table: Judgement = tables[asked]
  const { result, advice, keys = [] } = table[outcome] ?? failures[outcome]
  return { check: names[asked], at, result, seen: tellOf(heard), advice, keys }
}

/** What Weir makes up for by what it knows of a driver, without asking. */
export function judgeFeature(
  asked: keyof typeof featureAdvice,
  at: string | null,
  advice: string | null = null,
): Finding {
  const check = asked === 'lookup' ? 'get' : names[asked]
  return {
    check,
    at,
    result: 'emulated',
    seen: 'not offered, so not asked',
    advice: advice ?? featureAdvice[asked],
    keys: [],
  }
}

const featureAdvice = {
  stream: asksAgain,
  subscribe: 'Who comes back to a task hears it from Weir, for as long as Weir hears the agent or can ask it.',
  cancel: 'Weir closes the connection and calls the task canceled; the agent may work on.',
  immediately: 'Weir hears the task to its end for whoever does not wait for it.',
  lookup: 'Weir remembers the task and answers for it.',
} as const

/** A task that was over before it could be told: nothing is known of what was asked about it. */
export function tooLate(found: Finding): Finding {
  const { result, advice } = failures.not_cancelable
  return { ...found, result, advice, keys: [] }
}
