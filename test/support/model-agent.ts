/** An agent as people write them: a real SDK, one tool, and a loop that goes on for as long as the model calls the tool. */
import type Anthropic from '@anthropic-ai/sdk'
import type OpenAI from 'openai'
import type { SdkDoor } from './model-sdk.ts'
import { anthropicClient } from './model-sdk-anthropic.ts'
import { openaiClient } from './model-sdk-openai.ts'

/** What the agent did, in order. */
export interface AgentStep {
  readonly kind: 'model' | 'tool'
  /** The code of the refusal that came back; null where there was none. */
  readonly refusal: string | null
}

export interface AgentEnd {
  readonly steps: readonly AgentStep[]
  /** What the model said at last, or the message of the error that ended the loop. */
  readonly text: string
  /** Whether it ended because the SDK threw. */
  readonly threw: boolean
}

export interface AgentTask {
  readonly door: SdkDoor
  readonly model: string
  readonly text: string
  /** Whatever comes back goes to the model. */
  tool(text: string): Promise<string>
}

/** A loop that nobody ends is a failure of the test. */
const turnsCeiling = 60

/** One turn of the model: its words where it is done, or what it wants of the tool. */
type Turn = { readonly done: string } | { readonly wants: string; readonly answer: (result: string) => void }

export async function runAgent(sdk: keyof typeof openers, task: AgentTask): Promise<AgentEnd> {
  const steps: AgentStep[] = []
  const take = openers[sdk](task)
  const end = (text: string, threw: boolean): AgentEnd => ({ steps, text, threw })
  for (let turn = 0; turn < turnsCeiling; turn += 1) {
    let next: Turn
    try {
      next = await take()
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      steps.push({ kind: 'model', refusal: codeIn(text) })
      return end(text, true)
    }
    steps.push({ kind: 'model', refusal: null })
    if ('done' in next) return end(next.done, false)
    const result = await task.tool(next.wants)
    steps.push({ kind: 'tool', refusal: codeIn(result) })
    next.answer(result)
  }
  return end('gave up by itself', false)
}

function codeIn(text: string): string | null {
  return /\[weir:(\w+)\]/.exec(text)?.[1] ?? null
}

const schema = { type: 'object' as const, properties: { question: { type: 'string' } }, required: ['question'] }
const tool = { name: 'ask', description: 'Asks a colleague' }

function textIn(args: unknown): string {
  return String((args as { readonly question?: unknown }).question)
}

function openOpenai({ door, model, text }: AgentTask): () => Promise<Turn> {
  const client = openaiClient(door)
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: text }]
  const tools: OpenAI.ChatCompletionTool[] = [{ type: 'function', function: { ...tool, parameters: schema } }]
  return async () => {
    const { choices } = await client.chat.completions.create({ model, messages, tools })
    const said = choices[0]?.message
    const [call] = said?.tool_calls ?? []
    if (said === undefined || call?.type !== 'function') return { done: said?.content ?? '' }
    messages.push(said)
    const answer = (content: string): void => void messages.push({ role: 'tool', tool_call_id: call.id, content })
    return { wants: textIn(JSON.parse(call.function.arguments)), answer }
  }
}

function openAnthropic({ door, model, text }: AgentTask): () => Promise<Turn> {
  const client = anthropicClient(door)
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: text }]
  const tools = [{ ...tool, input_schema: schema }]
  return async () => {
    const { content } = await client.messages.create({ model, max_tokens: 1024, messages, tools })
    const call = content.find((block) => block.type === 'tool_use')
    if (call === undefined) return { done: content.map((block) => (block.type === 'text' ? block.text : '')).join('') }
    messages.push({ role: 'assistant', content })
    const answer = (result: string): void =>
      void messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: result }] })
    return { wants: textIn(call.input), answer }
  }
}

const openers = { openai: openOpenai, '@anthropic-ai/sdk': openAnthropic } as const
