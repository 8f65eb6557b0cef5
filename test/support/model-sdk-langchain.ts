/** LangChain over its own client of OpenAI. */
import type { AIMessageChunk, UsageMetadata } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { type ModelSdk, type SdkSaid, counted, findTool } from './model-sdk.ts'

function saidOf({ text, tool_calls: calls = [], usage_metadata }: AIMessageChunk): SdkSaid {
  const usage = usage_metadata as UsageMetadata | undefined
  return {
    text,
    toolCalls: calls.map(({ name, args }) => ({ name, arguments: args })),
    usage: { input: usage?.input_tokens, output: usage?.output_tokens },
  }
}

const chat = counted(
  { name: '@langchain/openai', sdk: '@langchain/openai', family: 'openai', path: '/v1/chat/completions' },
  async ({ url, key, headers = {}, fetch }, { model, text, tool, outputMax, streaming, retries }) => {
    const client = new ChatOpenAI({
      model,
      apiKey: key,
      configuration: { baseURL: `${url}/v1`, defaultHeaders: headers, fetch },
      ...(retries === undefined ? {} : { maxRetries: retries }),
      ...(outputMax === undefined ? {} : { maxTokens: outputMax }),
    })
    const { name, description, schema } = findTool
    const bound = tool
      ? client.bindTools([{ type: 'function', function: { name, description, parameters: { ...schema } } }])
      : client
    if (!streaming) return saidOf(await bound.invoke(text))
    let whole: AIMessageChunk | null = null
    for await (const chunk of await bound.stream(text)) whole = whole === null ? chunk : whole.concat(chunk)
    if (whole === null) throw new Error('an empty stream')
    return saidOf(whole)
  },
)

export const langchainSdks: readonly ModelSdk[] = [chat]
