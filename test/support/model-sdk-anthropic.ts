/** The official SDK of Anthropic: messages. */
import Anthropic from '@anthropic-ai/sdk'
import { type ModelSdk, type SdkDoor, type SdkSaid, counted, findTool } from './model-sdk.ts'

export function anthropicClient(door: SdkDoor & { readonly fetch?: typeof fetch }, maxRetries = 2): Anthropic {
  const { url, key, headers = {}, fetch: own = fetch } = door
  return new Anthropic({ baseURL: url, apiKey: key, defaultHeaders: headers, fetch: own, maxRetries })
}

function messageSaid({ content, usage }: Anthropic.Message): SdkSaid {
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    toolCalls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ name: block.name, arguments: block.input }] : [],
    ),
    usage: { input: usage.input_tokens, output: usage.output_tokens },
  }
}

const messages = counted(
  { name: '@anthropic-ai/sdk messages', sdk: '@anthropic-ai/sdk', family: 'anthropic', path: '/v1/messages' },
  async (door, { model, text, tool, outputMax = 1024, streaming, retries }) => {
    const client = anthropicClient(door, retries)
    const { name, description, schema } = findTool
    const body: Anthropic.MessageCreateParamsNonStreaming = {
      model,
      max_tokens: outputMax,
      messages: [{ role: 'user', content: text }],
      ...(tool ? { tools: [{ name, description, input_schema: { ...schema, required: [...schema.required] } }] } : {}),
    }
    if (!streaming) return messageSaid(await client.messages.create(body))
    return messageSaid(await client.messages.stream(body).finalMessage())
  },
)

export const anthropicSdks: readonly ModelSdk[] = [messages]
