/** The AI SDK over its own clients of OpenAI (both APIs) and Anthropic. */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { type LanguageModel, type ToolSet, generateText, jsonSchema, streamText } from 'ai'
import { type ModelSdk, type SdkDoor, type SdkQuestion, type SdkSaid, counted, findTool } from './model-sdk.ts'

type Door = SdkDoor & { readonly fetch: typeof fetch }

const { name, description, schema } = findTool
const inputSchema = jsonSchema({ ...schema, required: [...schema.required] })
/** It has no function behind it: a call of it ends the turn. */
const tools: ToolSet = { [name]: { description, inputSchema } }

async function askAi(model: LanguageModel, question: SdkQuestion): Promise<SdkSaid> {
  const { text: prompt, tool, outputMax, streaming, retries } = question
  const wish = {
    model,
    prompt,
    ...(tool ? { tools } : {}),
    ...(outputMax === undefined ? {} : { maxOutputTokens: outputMax }),
    ...(retries === undefined ? {} : { maxRetries: retries }),
  }
  if (!streaming) {
    const { text, toolCalls, usage } = await generateText(wish)
    return saidOf(text, toolCalls, usage)
  }
  let failure: unknown = null
  const result = streamText({ ...wish, onError: ({ error }) => void (failure ??= error) })
  await result.consumeStream()
  if (failure !== null) throw failure as Error
  return saidOf(await result.text, await result.toolCalls, await result.usage)
}

function saidOf(
  text: string,
  calls: readonly { readonly toolName: string; readonly input: unknown }[],
  usage: { readonly inputTokens: number | undefined; readonly outputTokens: number | undefined },
): SdkSaid {
  return {
    text,
    toolCalls: calls.map(({ toolName, input }) => ({ name: toolName, arguments: input })),
    usage: { input: usage.inputTokens, output: usage.outputTokens },
  }
}

function openaiOf({ url, key, headers = {}, fetch }: Door): ReturnType<typeof createOpenAI> {
  return createOpenAI({ baseURL: `${url}/v1`, apiKey: key, headers, fetch })
}

function anthropicOf({ url, key, headers = {}, fetch }: Door): ReturnType<typeof createAnthropic> {
  return createAnthropic({ baseURL: `${url}/v1`, apiKey: key, headers, fetch })
}

export const aiSdks: readonly ModelSdk[] = [
  counted(
    { name: 'ai over openai chat', sdk: 'ai', family: 'openai', path: '/v1/chat/completions' },
    (door, question) => askAi(openaiOf(door).chat(question.model), question),
  ),
  counted({ name: 'ai over openai responses', sdk: 'ai', family: 'openai', path: '/v1/responses' }, (door, question) =>
    askAi(openaiOf(door).responses(question.model), question),
  ),
  counted({ name: 'ai over anthropic', sdk: 'ai', family: 'anthropic', path: '/v1/messages' }, (door, question) =>
    askAi(anthropicOf(door)(question.model), { outputMax: 1024, ...question }),
  ),
]
