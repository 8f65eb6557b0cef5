/** An agent's answer as a chat completion. Source: Chat Completions in the API reference of OpenAI. */
import type { JsonObject } from '../../base/json.ts'
import { writeEvent } from '../jsonrpc.ts'
import { a2aMember, type OpenFace } from './bridge-face.ts'
import { errorOf } from './bridge-failure.ts'
import type { Telling, ToldUsage } from './bridge-telling.ts'

export const openChatFace: OpenFace = ({ hop, model, created, ask }) => {
  const head = { id: `chatcmpl-${hop}`, created, model }
  const chunk = (choices: readonly JsonObject[], more: JsonObject = {}): string =>
    writeEvent(JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...more }))
  const choice = (delta: JsonObject, finish_reason: string | null = null): readonly JsonObject[] => [
    { index: 0, delta, logprobs: null, finish_reason },
  ]
  return {
    whole: (telling) => {
      const message = { role: 'assistant', content: telling.text, refusal: null }
      const choices = [{ index: 0, message, logprobs: null, finish_reason: finishOf(telling) }]
      return JSON.stringify({
        ...head,
        object: 'chat.completion',
        choices,
        ...usageMember(telling.usage),
        ...a2aMember(telling),
      })
    },
    open: (telling) => chunk(choice({ role: 'assistant', content: '', refusal: null }), a2aMember(telling)),
    delta: (content) => chunk(choice({ content })),
    close(telling) {
      const end = chunk(choice({}, finishOf(telling)), a2aMember(telling))
      const usage = ask.usage && telling.usage ? chunk([], usageMember(telling.usage)) : ''
      return `${end}${usage}${writeEvent('[DONE]')}`
    },
    // Without [DONE]: a stream that broke off must not look whole.
    fail: (failure) => writeEvent(JSON.stringify({ error: errorOf(failure) })),
  }
}

/** A question to the caller ends its turn like an answer does; an agent that is still at work was cut off. */
function finishOf({ phase }: Telling): 'stop' | 'length' {
  return phase === 'open' ? 'length' : 'stop'
}

/** What nobody reported is left out: every SDK takes that for unknown, and a zero for nothing. */
function usageMember(usage: ToldUsage | null): JsonObject {
  if (usage === null) return {}
  return { usage: { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: usage.total } }
}
