/** What three agents ask for in `spending-world.ts`, for two persons, in three runs, and what providers answer them. */
import { say } from './caller.ts'
import { askModel, cutStream, eventStream, heardUntil, type SpendingWorld, useTool } from './spending-world.ts'

/** Asks the model `house` for a stream: 98 bytes. */
export const streamBody =
  '{"model":"openai/house","max_tokens":50,"stream":true,"messages":[{"role":"user","content":"go"}]}'

const messages = [{ role: 'user', content: 'go' }]
const chatSays = (usage: object): object => ({
  id: 'c',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage,
})
export const chunkSays = (content: string): object => ({
  id: 'c',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
})

/** What was answered, by the name of the call. */
export class ScriptedSpending {
  readonly answers = new Map<string, Response>()
  readonly streams = new Map<string, string>()
  /** One is of the console, for tomas; the others are of the desk, for ana. */
  readonly runs = { one: '', two: '', three: '' }
  readonly world: SpendingWorld

  constructor(world: SpendingWorld) {
    this.world = world
    world.serving = async (headers) => await this.research(headers)
  }

  async play(): Promise<void> {
    await this.ofConsole()
    await this.ofDesk()
  }

  async keep(name: string, answer: Response): Promise<void> {
    this.answers.set(name, answer)
    this.streams.set(name, await answer.text())
  }

  async research(headers: Readonly<Record<string, string>>): Promise<void> {
    const from = 'research'
    const cached = { prompt_tokens_details: { cached_tokens: 200 } }
    const usage = { prompt_tokens: 1000, completion_tokens: 300, total_tokens: 1300, ...cached }
    const unary = { path: 'chat/completions', body: { model: 'openai/gpt-4o-mini', max_tokens: 400, messages } }
    await this.keep('unary', await askModel(this.world, { from, headers, ...unary, says: chatSays(usage) }))
    const last = {
      ...chunkSays(''),
      choices: [],
      usage: { prompt_tokens: 501, completion_tokens: 33, total_tokens: 534 },
    }
    const streamed = eventStream([chunkSays('word'), last, '[DONE]'])
    await this.keep(
      'streamed',
      await askModel(this.world, { from, headers, path: 'chat/completions', body: streamBody, says: streamed }),
    )
    const written = { cache_creation: { ephemeral_5m_input_tokens: 250, ephemeral_1h_input_tokens: 150 } }
    const counts = {
      input_tokens: 100,
      cache_creation_input_tokens: 400,
      cache_read_input_tokens: 1000,
      output_tokens: 50,
    }
    const message = { id: 'm', type: 'message', role: 'assistant', content: [], usage: { ...counts, ...written } }
    const asked = { model: 'anthropic/claude-sonnet-4-5', max_tokens: 60, messages }
    await this.keep(
      'cached',
      await askModel(this.world, { from, headers, path: 'messages', body: asked, says: message }),
    )
    const vectors = { object: 'list', data: [], usage: { prompt_tokens: 8, total_tokens: 8 } }
    const embed = { model: 'openai/text-embedding-3-small', input: 'a few words' }
    await this.keep(
      'embedded',
      await askModel(this.world, { from, headers, path: 'embeddings', body: embed, says: vectors }),
    )
    this.answers.set('plain', await useTool(this.world, { from, headers, name: 'plain' }))
    this.answers.set('pages', await useTool(this.world, { from, headers, name: 'pages', args: { pages: 4 } }))
    this.answers.set('usd', await useTool(this.world, { from, headers, name: 'usd', args: { cost: 0.000222 } }))
  }

  async ofConsole(): Promise<void> {
    const from = 'console'
    const opened = await say(this.world.weir, { from, to: 'research' })
    this.answers.set('research', new Response(null, { headers: opened.headers }))
    this.runs.one = opened.headers.get('weir-run-id') ?? ''
    const headers = { 'weir-run-id': this.runs.one }
    const clerk = await say(this.world.weir, { from, to: 'clerk', headers })
    this.answers.set('clerk', new Response(null, { headers: clerk.headers }))
    const path = 'chat/completions'
    const ask = async (name: string, model: string, usage: object): Promise<void> =>
      await this.keep(
        name,
        await askModel(this.world, {
          from,
          headers,
          path,
          body: { model, max_tokens: 50, messages },
          says: chatSays(usage),
        }),
      )
    await this.keep(
      'refused',
      await askModel(this.world, { from, headers, path, body: { model: 'openai/gpt-4o', messages } }),
    )
    const counting = { model: 'anthropic/claude-sonnet-4-5', messages }
    await this.keep(
      'counted',
      await askModel(this.world, {
        from,
        headers,
        path: 'messages/count_tokens',
        body: counting,
        says: { input_tokens: 9 },
      }),
    )
    await ask('unknown', 'nobody/mystery', { prompt_tokens: 40, completion_tokens: 2, total_tokens: 42 })
    await ask('fallback', 'everyday', { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 })
  }

  async ofDesk(): Promise<void> {
    const chat = { from: 'desk', path: 'chat/completions', body: streamBody }
    await this.keep('cut', await askModel(this.world, { ...chat, says: cutStream([chunkSays('Hello World!')]) }))
    this.runs.two = this.answers.get('cut')?.headers.get('weir-run-id') ?? ''
    const headers = { 'weir-run-id': this.runs.two }
    const leaving = new AbortController()
    const start = { type: 'message_start', message: { id: 'm', usage: { input_tokens: 200, output_tokens: 1 } } }
    const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'twelve bytes' } }
    const left = await askModel(this.world, {
      from: 'desk',
      path: 'messages',
      body: { model: 'anthropic/claude-sonnet-4-5', max_tokens: 50, stream: true, messages },
      headers,
      says: eventStream([start, delta], { stays: true }),
      signal: leaving.signal,
    })
    this.answers.set('left', left)
    await heardUntil(left, 'twelve bytes')
    leaving.abort()
    const halted = await askModel(this.world, { ...chat, says: eventStream([chunkSays('Stop here')], { stays: true }) })
    this.answers.set('halted', halted)
    this.runs.three = halted.headers.get('weir-run-id') ?? ''
    const rest = await heardUntil(halted, 'Stop here')
    await this.world.weir.ask(`/api/v1/runs/${this.runs.three}/halt`, { reason: 'test' })
    this.streams.set('halted', await rest())
  }
}
