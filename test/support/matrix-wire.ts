/** Requests of every dialect written by hand, for tests that look at the bytes of the answer. */

export type Dialect = '1.0 JSON-RPC' | '1.0 HTTP+JSON' | '0.3 JSON-RPC' | '0.3 HTTP+JSON'

interface Wording {
  readonly version: '1.0' | '0.3'
  /** In front of the method of REST; null for JSON-RPC. */
  readonly rest: string | null
  readonly methods: Readonly<Record<'send' | 'stream' | 'get', string>>
  readonly message: (text: string) => object
}

const messageId = 'm1'
const pascal = { send: 'SendMessage', stream: 'SendStreamingMessage', get: 'GetTask' }
const slash = { send: 'message/send', stream: 'message/stream', get: 'tasks/get' }
const verbs = { send: 'message:send', stream: 'message:stream', get: 'tasks' }
const message10 = (text: string): object => ({ messageId, role: 'ROLE_USER', parts: [{ text }] })
const message03 = (text: string): object => ({
  kind: 'message',
  messageId,
  role: 'user',
  parts: [{ kind: 'text', text }],
})
const content03 = (text: string): object => ({ messageId, role: 'ROLE_USER', content: [{ text }] })

export const wordings: Readonly<Record<Dialect, Wording>> = {
  '1.0 JSON-RPC': { version: '1.0', rest: null, methods: pascal, message: message10 },
  '1.0 HTTP+JSON': { version: '1.0', rest: '', methods: verbs, message: message10 },
  '0.3 JSON-RPC': { version: '0.3', rest: null, methods: slash, message: message03 },
  '0.3 HTTP+JSON': { version: '0.3', rest: 'v1/', methods: verbs, message: content03 },
}

export interface Posting {
  readonly operation: 'send' | 'stream'
  readonly text: string
  /** The raw token of the id of JSON-RPC. */
  readonly id?: string
  /** Laid over the message. */
  readonly more?: object
}

/** A message in the words of a dialect. */
export function posting(dialect: Dialect, { operation, text, id = '1', more = {} }: Posting) {
  const { version, rest, methods, message } = wordings[dialect]
  const params = { message: { ...message(text), ...more } }
  const method = methods[operation]
  const body =
    rest === null
      ? `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${JSON.stringify(params)}}`
      : JSON.stringify(params)
  return { path: rest === null ? '' : rest + method, version, body }
}

/** The result in an answer of JSON-RPC as it stands there, or the whole body of REST. */
export function resultBytes(body: string): string {
  const at = body.indexOf('"result":')
  return body.startsWith('{"jsonrpc"') && at > 0 ? body.slice(at + '"result":'.length, body.lastIndexOf('}')) : body
}

/** The data of every event of a stream. */
export function dataOf(stream: string): readonly string[] {
  return stream.split('\n\n').flatMap((event) => (event.startsWith('data: ') ? [event.slice('data: '.length)] : []))
}
