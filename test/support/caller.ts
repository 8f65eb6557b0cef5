/** A caller that writes its own JSON-RPC, for tests that look at the wire. */
import { keyOf, type Weir } from './weir.ts'

export interface Said {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly result?: unknown
    readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
  }
  readonly text: string
}

export interface Saying {
  readonly from: string
  readonly to: string
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The Authorization header; the API key of `from` if not given. */
  readonly authorization?: string
}

export function sendMessage(text: string): string {
  const message = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text }] }
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } })
}

/** What an agent sends with its API key. */
export function callHeaders(from: string): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', 'a2a-version': '1.0', authorization: `Bearer ${keyOf(from)}` }
}

/** SendMessage from one agent to another through Weir. */
export async function say(weir: Pick<Weir, 'url'>, saying: Saying): Promise<Said> {
  const answer = await fetch(`${weir.url}/a2a/${saying.to}/`, {
    method: 'POST',
    headers: {
      ...callHeaders(saying.from),
      ...(saying.authorization === undefined ? {} : { authorization: saying.authorization }),
      ...saying.headers,
    },
    body: sendMessage(saying.text ?? 'hello'),
  })
  const text = await answer.text()
  const body = text.startsWith('{') ? (JSON.parse(text) as Said['body']) : {}
  return { status: answer.status, headers: answer.headers, body, text }
}

/** The code in the sentence of a refusal: `policy_denied` of `[weir:policy_denied] ...`; null if it was answered. */
export function refusalOf(said: Said): string | null {
  return /\[weir:(\w+)\]/.exec(said.body.error?.message ?? '')?.[1] ?? null
}
