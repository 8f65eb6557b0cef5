/** What a provider says was used: at the end of a whole answer here, beside a stream in `usage-reader.ts`. */
import type { ModelDialect } from '../../domain/call.ts'
import type { Usage } from '../../domain/usage.ts'
import type { UsageReader } from './contract.ts'
import { chatUsage, Counts, messagesUsage, responsesUsage } from './counts.ts'
import { ChatReader, MessagesReader, ResponsesReader } from './usage-reader.ts'
import { type Plan, plan, textAt, walkJson } from './walk.ts'

const bodies: Readonly<Record<ModelDialect, Plan | null>> = {
  'openai-chat': plan(-1, { members: { usage: chatUsage } }),
  'openai-embeddings': plan(-1, { members: { usage: chatUsage } }),
  'openai-responses': plan(-1, { members: { usage: responsesUsage } }),
  'anthropic-messages': plan(-1, { members: { usage: messagesUsage } }),
  'openai-models': null,
  'anthropic-count': null,
  'anthropic-models': null,
}

/** Of a whole answer; null where it says nothing that could be counted, or where nothing is paid for. */
export function usageOf(dialect: ModelDialect, body: Uint8Array): Usage | null {
  const wanted = bodies[dialect]
  if (wanted === null) return null
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const counts = new Counts(dialect === 'anthropic-messages' ? 'beside_caches' : 'whole')
  const isWhole = walkJson(bytes, wanted, {
    opens: () => undefined,
    found: (slot, start, end) => {
      counts.hear(slot, bytes, start, end)
      return false
    },
  })
  return isWhole ? counts.usage(dialect === 'openai-embeddings' ? 'none_yet' : 'needed') : null
}

const responseId = plan(-1, { members: { id: plan(0) } })

/** The id by which a later call may go on from a whole answer; undefined where there is none. */
export function responseIdOf(dialect: ModelDialect, body: Uint8Array): string | undefined {
  if (dialect !== 'openai-responses') return undefined
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  let id: string | null = null
  walkJson(bytes, responseId, {
    opens: () => undefined,
    found: (_, start, end) => {
      id = textAt(bytes, start, end)
      return true
    },
  })
  return id ?? undefined
}

/** Of what has no streams: every event is somebody else's. */
const silent: UsageReader = {
  usage: null,
  final: false,
  delivered_bytes: 0,
  failed: false,
  hear: () => ({ drop: false, last: false }),
}

/** `asked` says whether the caller itself asked for usage in its stream; otherwise it does not see that we did. */
export function openUsageReader(dialect: ModelDialect, { asked }: { readonly asked: boolean }): UsageReader {
  if (dialect === 'openai-chat') return new ChatReader(asked)
  if (dialect === 'openai-responses') return new ResponsesReader()
  return dialect === 'anthropic-messages' ? new MessagesReader() : silent
}
