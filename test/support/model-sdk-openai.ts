/** The official SDK of OpenAI: chat completions, responses, embeddings and the list of models. */
import OpenAI from 'openai'
import { type ModelSdk, type SdkDoor, type SdkQuestion, type SdkSaid, counted, findTool } from './model-sdk.ts'

export function openaiClient(door: SdkDoor & { readonly fetch?: typeof fetch }, maxRetries = 2): OpenAI {
  const { url, key, headers = {}, fetch: own = fetch } = door
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: key, defaultHeaders: headers, fetch: own, maxRetries })
}

const { name, description, schema } = findTool
const chatTool = { type: 'function', function: { name, description, parameters: schema } } as const
const responseTool = { type: 'function', name, description, parameters: schema, strict: true } as const

type ChatBody = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'>

function chatBody({ model, text, tool, outputMax }: SdkQuestion): ChatBody {
  return {
    model,
    messages: [{ role: 'user', content: text }],
    ...(tool ? { tools: [chatTool] } : {}),
    ...(outputMax === undefined ? {} : { max_completion_tokens: outputMax }),
  }
}

function chatSaid({ choices: [choice], usage }: OpenAI.ChatCompletion): SdkSaid {
  const calls = (choice?.message.tool_calls ?? []).flatMap((call) =>
    call.type === 'function'
      ? [{ name: call.function.name, arguments: JSON.parse(call.function.arguments) as unknown }]
      : [],
  )
  return {
    text: choice?.message.content ?? '',
    toolCalls: calls,
    usage: { input: usage?.prompt_tokens, output: usage?.completion_tokens },
  }
}

const chat = counted(
  { name: 'openai chat.completions', sdk: 'openai', family: 'openai', path: '/v1/chat/completions' },
  async (door, question) => {
    const { completions } = openaiClient(door, question.retries).chat
    const body = chatBody(question)
    if (!question.streaming) return chatSaid(await completions.create(body))
    const stream = completions.stream({ ...body, stream_options: { include_usage: true } })
    return chatSaid(await stream.finalChatCompletion())
  },
)

function responseSaid({ output, output_text, usage }: OpenAI.Responses.Response): SdkSaid {
  const calls = output.flatMap((item) =>
    item.type === 'function_call' ? [{ name: item.name, arguments: JSON.parse(item.arguments) as unknown }] : [],
  )
  return {
    text: output_text,
    toolCalls: calls,
    usage: { input: usage?.input_tokens, output: usage?.output_tokens },
  }
}

const responses = counted(
  { name: 'openai responses', sdk: 'openai', family: 'openai', path: '/v1/responses' },
  async (door, { model, text, tool, outputMax, streaming, retries }) => {
    const client = openaiClient(door, retries)
    const body = {
      model,
      input: text,
      ...(tool ? { tools: [responseTool] } : {}),
      ...(outputMax === undefined ? {} : { max_output_tokens: outputMax }),
    }
    if (!streaming) return responseSaid(await client.responses.create(body))
    return responseSaid(await client.responses.stream(body).finalResponse())
  },
)

export const openaiSdks: readonly ModelSdk[] = [chat, responses]
