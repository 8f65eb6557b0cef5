import type { AnswerShapes } from '../../src/relay/models/world.ts'
import type { Usage } from '../../src/domain/usage.ts'
function usageIn(text: string): Usage | null {
  try {
    const { usage } = JSON.parse(text) as { usage?: { prompt_tokens: number; completion_tokens: number } }
    if (!usage) return null
    return {
      input_tokens: usage.prompt_tokens,
      cached_tokens: 0,
      cache_write_tokens: 0,
      output_tokens: usage.completion_tokens,
      reasoning_tokens: 0,
    }
  } catch {
    return null
  }
}
export const modelShapes: AnswerShapes = {
  usageOf: (_, body) => usageIn(Buffer.from(body).toString()),
  modelHeadersBack: (head) =>
    ['x-request-id', 'retry-after', 'retry-after-ms'].flatMap((name) =>
      head[name] === undefined ? [] : [[name, head[name]] as const],
    ),
  openUsageReader: (_, { asked }) => {
    const reader = {
      usage: null as Usage | null,
      final: false,
      delivered_bytes: 0,
      failed: false,
      hear(data: Buffer) {
        const text = data.toString()
        if (text === '[DONE]') {
          reader.final = reader.usage !== null
          return { drop: false, last: true }
        }
        reader.delivered_bytes += /"content":"([^"]*)"/.exec(text)?.[1]?.length ?? 0
        reader.failed = text.includes('"error"')
        const usage = usageIn(text)
        if (usage) reader.usage = usage
        return { drop: usage !== null && !asked, last: reader.failed }
      },
    }
    return reader
  },
}
