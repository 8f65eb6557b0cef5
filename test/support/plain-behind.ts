/** A Behind without a network: tools are functions that say, ask and end as a test wants it; everything is written down. */
import type { JsonObject } from '../../src/base/json.ts'
import type { Behind, Client, McpAddress, Meant, OpenBehind } from '../../src/pipeline/mcp/behind.ts'
import type { Era } from '../../src/protocol/mcp/read-call.ts'
import type {
  About,
  Answer,
  Ask,
  Asking,
  End,
  Hearer,
  NoticeHearer,
  Talk,
  Wants,
  Warrant,
} from '../../src/relay/mcp/link.ts'
import type { ToolServerEntry } from '../../src/pipeline/road.ts'

export type Questions = Readonly<Record<string, { readonly method: string; readonly params?: object }>>

/** One request as it runs. */
export interface Turn {
  readonly params: JsonObject
  readonly args: JsonObject
  readonly resume: { readonly state: string | null; readonly answers: Readonly<Record<string, JsonObject>> } | null
  readonly logLevel: string | null
  /** Aborted where nobody waits any more. */
  readonly signal: AbortSignal
  notice(method: string, params: object): void
  /** Asks and waits, as a legacy server does. Each answer is a result, or throws its error. */
  ask(questions: Questions): Promise<ReadonlyMap<string, Answer>>
  /** Asks and lets go, as a modern server does. */
  rest(questions: Questions, state: string | null): never
}

/** A result, as an object or as the text of one; an Error becomes that of JSON-RPC. */
export type Act = (turn: Turn) => Promise<object | string> | object | string

export interface PlainScript {
  readonly era?: Era
  readonly capabilities?: object
  readonly tools?: Readonly<Record<string, Act>>
  /** By method. */
  readonly others?: Readonly<Record<string, Act>>
}

export class RpcError extends Error {
  readonly error: JsonObject

  constructor(code: number, message: string, data?: object) {
    super(message)
    this.error = { code, message, ...(data && { data }) }
  }
}

/** What a listener wants, and its ear. */
export interface PlainListening {
  wants: Wants
  readonly hearer: NoticeHearer
  readonly client: Client
  closed: boolean
}

export interface PlainBehind {
  readonly open: OpenBehind
  readonly asked: { readonly method: string; readonly key: string; readonly warrant: Warrant }[]
  readonly cancelled: string[]
  readonly told: string[]
  readonly listening: PlainListening[]
  /** Tells everybody who wants it. */
  change(method: string, params?: object): void
}

class Rests extends Error {
  readonly ask: Ask

  constructor(ask: Ask) {
    super('it rests')
    this.ask = ask
  }
}

const bytes = (value: object | string): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const parsed = (text: Buffer): JsonObject => JSON.parse(text.toString('utf8')) as JsonObject

/** `server` is what its tools are of. */
export function plainBehind(script: PlainScript, server: () => ToolServerEntry): PlainBehind {
  const log: Omit<PlainBehind, 'open' | 'change'> = { asked: [], cancelled: [], told: [], listening: [] }
  const open = (client: Client, _address: McpAddress): Behind => ({
    about: () => Promise.resolve(aboutOf(script)),
    find: (method, params) => Promise.resolve(meantBy(script, server(), method, params)),
    ask(warrant, meant, asking, hearer) {
      const key = client.speakerFor(server()).key
      log.asked.push({ method: asking.method, key, warrant })
      const act = meant.kind === 'tool' ? script.tools?.[meant.tool] : script.others?.[asking.method]
      return talkOf(act, asking, hearer, (reason) => void log.cancelled.push(reason))
    },
    tell: (method) => void log.told.push(method),
    listen(_warrant, wants, hearer) {
      const entry: PlainListening = { wants, hearer, client, closed: false }
      log.listening.push(entry)
      return { use: (next) => void (entry.wants = next), close: () => void (entry.closed = true) }
    },
  })
  const change = (method: string, params?: object): void => {
    for (const { hearer, closed } of log.listening)
      if (!closed) hearer.onNotice(method, params === undefined ? null : bytes(params))
  }
  return { open, change, ...log }
}

function aboutOf({ era = 'modern', capabilities }: PlainScript): About {
  const usual = {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    logging: {},
  }
  return {
    era,
    version: era === 'modern' ? '2026-07-28' : '2025-11-25',
    capabilities: bytes(capabilities ?? usual),
    serverInfo: bytes({ name: 'plain', version: '1' }),
    instructions: 'Be plain.',
  }
}

function meantBy(script: PlainScript, server: ToolServerEntry, method: string, params: Buffer | null): Meant {
  const name = String((params === null ? {} : parsed(params))['name'])
  if (method === 'tools/call') {
    if (script.tools?.[name]) return { kind: 'tool', server, tool: name, refusal: null }
    return { kind: 'nothing', error: { code: -32602, message: `there is no tool ${name}` } }
  }
  if (method === 'resources/subscribe' || method === 'resources/unsubscribe' || script.others?.[method])
    return { kind: 'server', server }
  return { kind: 'nothing', error: { code: -32601, message: `${method} is not known here` } }
}

function talkOf(act: Act | undefined, asking: Asking, hearer: Hearer, onCancel: (reason: string) => void): Talk {
  const gone = new AbortController()
  let answered: ((answers: ReadonlyMap<string, Answer>) => void) | null = null
  const say = (work: () => void): void => {
    if (!gone.signal.aborted) work()
  }
  const params = asking.params === null ? {} : parsed(asking.params)
  const { resume } = asking
  const turn: Turn = {
    params,
    args: (params['arguments'] ?? {}) as JsonObject,
    resume: resume
      ? {
          state: resume.state,
          answers: Object.fromEntries([...resume.answers].map(([key, each]) => [key, parsed(each)])),
        }
      : null,
    logLevel: asking.logLevel,
    signal: gone.signal,
    notice: (method, said) => say(() => hearer.onNotice(method, bytes(said))),
    ask: (questions) => {
      const { promise, resolve } = Promise.withResolvers<ReadonlyMap<string, Answer>>()
      answered = resolve
      say(() => hearer.onAsk({ questions: asQuestions(questions), rests: false, state: null }))
      return promise
    },
    rest: (questions, state) => {
      throw new Rests({ questions: asQuestions(questions), rests: true, state })
    },
  }
  void run(act, turn).then((said) => say(() => (said instanceof Rests ? hearer.onAsk(said.ask) : hearer.onEnd(said))))
  return {
    answer: (answers) => answered?.(answers),
    cancel(reason) {
      onCancel(reason)
      gone.abort()
    },
    pause: () => undefined,
    resume: () => undefined,
    sent: true,
  }
}

async function run(act: Act | undefined, turn: Turn): Promise<End | Rests> {
  await Promise.resolve()
  try {
    return { kind: 'result', result: bytes((await act?.(turn)) ?? {}) }
  } catch (error) {
    if (error instanceof Rests) return error
    if (error instanceof RpcError) return { kind: 'error', error: bytes(error.error) }
    throw error
  }
}

function asQuestions(questions: Questions): Ask['questions'] {
  const entries = Object.entries(questions).map(
    ([key, { method, params }]) => [key, { method, params: params ? bytes(params) : null }] as const,
  )
  return new Map(entries)
}

/** What a tool says. */
export function text(said: string): object {
  return { content: [{ type: 'text', text: said }] }
}
