/**
 * What calls of models are measured on: the mock provider, a bare pass-through and a bare pipe, and Weir fully governed, each
 * in a process of its own. Weir knows the price, holds and trims every call to what its run and agent have left, asks for
 * usage, and books what the provider says.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Shot } from './latency.ts'
import { type Server, startServer } from './processes.ts'
import { Caller } from './stream-calls.ts'
import type { Side } from './stage.ts'
import { heartbeat_ms, type Setup, setUp } from './weir-setup.ts'

const here = import.meta.dirname

export const shapes = ['chat', 'messages'] as const
export type Shape = (typeof shapes)[number]

/** The ways to one answer: from the provider itself, through a relay that knows nothing, through Weir. */
export interface Ways {
  readonly direct: Side
  readonly plain: Side
  readonly weir: Side
  /** Events of a stream; 0 for a whole answer. */
  readonly events: number
}

export interface ModelStage extends AsyncDisposable {
  readonly whole: Readonly<Record<Shape, Ways>>
  readonly streamed: Readonly<Record<Shape, Ways>>
  readonly weir: Server
  readonly setup: Setup
  readonly caller: Caller
  /** The one run that all calls belong to. */
  readonly run: string
}

const models = { chat: 'gpt-bench', messages: 'claude-bench' } as const
const paths = { chat: '/v1/chat/completions', messages: '/v1/messages' } as const
const holds = { chat: '"choices"', messages: '"end_turn"' } as const
/** Beside one event for each piece. */
const around = { chat: 2, messages: 5 } as const

/** `pieces` is how many of the model's words come as an event of their own; `source` is the folder of the Weir that is measured. */
export async function setModelStage(pieces: number, source = join(here, '..')): Promise<ModelStage> {
  await using stack = new AsyncDisposableStack()
  const provider = stack.use(await startServer('the mock provider', join(here, 'mock-provider.ts'), [String(pieces)]))
  const plain = stack.use(await startServer('the pass-through', join(here, 'passthrough.ts'), [provider.url]))
  const args = [provider.url, String(heartbeat_ms)]
  const pipe = stack.use(await startServer('the pipe', join(here, 'stream-pipe.ts'), args))
  const setup = await setUp(provider.url, { sections: sectionOf(provider.url) })
  stack.defer(() => rmSync(setup.directory, { recursive: true, force: true }))
  const serve = ['serve', '--config', setup.configPath]
  const weir = stack.use(await startServer('Weir', join(source, 'src', 'main.ts'), serve))
  const caller = stack.adopt(new Caller(), (one) => one.close())
  const headers = await joinRun(weir, setup.token)
  const bare = { 'content-type': 'application/json' }
  const waysOf = (shape: Shape, stream: boolean): Ways => {
    const body = bodyOf(shape, stream)
    const side = (server: Server, url: string, own: Shot['headers']): Side => ({
      server,
      shot: { url, headers: own, body },
      holds: holds[shape],
    })
    const relay = stream ? pipe : plain
    return {
      direct: side(provider, provider.url, bare),
      plain: side(relay, relay.url, bare),
      weir: side(weir, `${weir.url}${paths[shape]}`, headers),
      events: stream ? pieces + around[shape] : 0,
    }
  }
  const both = (stream: boolean): Record<Shape, Ways> => ({
    chat: waysOf('chat', stream),
    messages: waysOf('messages', stream),
  })
  const struck = stack.move()
  return {
    whole: both(false),
    streamed: both(true),
    weir,
    setup,
    caller,
    run: headers['weir-run-id'],
    [Symbol.asyncDispose]: () => struck.disposeAsync(),
  }
}

/** Dear enough that budgets are at work, and so cheap that none is used up. */
const price = '{ input: 0.25, cached: 0.025, output: 2 }'
/** What each call is booked with: 26 tokens read, 64 of a cache and 120 written, rounded up. */
export const bill = { tokens: 210, cost_micros: 249 }

export function sectionOf(provider: string): string {
  const row = (api: string, model: string): string =>
    `{ api: ${api}, url: "${provider}", keys: [{ key: sk-bench-key-of-ours }], models: { ${model}: { price: ${price}, groups: [everyday] } }, resilience: { outstanding_max: 0 } }`
  return `models: { providers: { oa: ${row('openai', models.chat)}, an: ${row('anthropic', models.messages)} } }\n`
}

const vendors = { chat: 'oa', messages: 'an' } as const
const question = 'What does a gateway cost? '

const turn = question.repeat(20)

/** A conversation of that size; without an end of its own where the API does not ask for one. */
export function bodyOf(shape: Shape, stream: boolean, bytes = 900): string {
  const messages = Array.from({ length: Math.ceil(bytes / turn.length) }, (_, n) => ({
    role: n % 2 === 0 ? 'user' : 'assistant',
    content: `${turn}\n`,
  }))
  const more = { ...(shape === 'messages' && { max_tokens: 4096 }), ...(stream && { stream: true }) }
  return JSON.stringify({ model: `${vendors[shape]}/${models[shape]}`, ...more, messages, temperature: 0.2 })
}

/** The first call opens the run; the others join it. */
async function joinRun(
  weir: Server,
  token: string,
): Promise<Record<string, string> & { readonly 'weir-run-id': string }> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const body = bodyOf('chat', false)
  const answer = await fetch(`${weir.url}${paths.chat}`, { method: 'POST', headers, body })
  const run = answer.headers.get('weir-run-id')
  const text = await answer.text()
  if (run === null || !text.includes(holds.chat)) throw new Error(`Weir refused the first call: ${text}`)
  return { ...headers, 'weir-run-id': run }
}
