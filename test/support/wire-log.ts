/** Conversations of the real SDKs with the real SDKs, taken off the wire: one file for each dialect, in `test/fixtures/a2a/wire`. */
import { readFileSync } from 'node:fs'
import type { DialectName, Operation } from '../../src/domain/call.ts'

/** One answer as it was recorded. */
export interface Recorded {
  readonly dialect: DialectName
  readonly operation: Operation
  readonly rpcId: string
  readonly status: number
  readonly bytes: Buffer
  readonly event: Buffer | null
}

const operations: Readonly<Record<string, Operation>> = {
  SendMessage: 'send',
  SendStreamingMessage: 'stream',
  GetTask: 'get',
  CancelTask: 'cancel',
  SubscribeToTask: 'subscribe',
  'message/send': 'send',
  'message/stream': 'stream',
  'tasks/get': 'get',
  'tasks/cancel': 'cancel',
  'tasks/resubscribe': 'subscribe',
}

interface Asked {
  readonly operation: Operation | null
  readonly rpcId: string
}

/** The answers and events in a log, in order, but for cards, lists and push notification configs. */
export function recorded(dialect: DialectName): readonly Recorded[] {
  const text = readFileSync(new URL(`../fixtures/a2a/wire/${dialect}.txt`, import.meta.url), 'utf8')
  const asked = new Map<string, Asked & { status: number }>()
  const found: Recorded[] = []
  for (const section of text.split(/^### /m).slice(1)) {
    const [, connection = '', way] = /^(\S+) (\S+)/.exec(section) ?? []
    if (way === 'C>S') asked.set(connection, { ...askedIn(section), status: 0 })
    const about = asked.get(connection)
    if (way !== 'S>C' || !about) continue
    about.status = Number(/^HTTP\/1\.1 (\d+)/m.exec(section)?.[1] ?? about.status)
    const { operation, rpcId, status } = about
    if (operation === null) continue
    for (const line of section.split('\n')) {
      const event = line.startsWith('data: ') ? Buffer.from(`${line}\n\n`) : null
      const json = event ? line.slice('data: '.length) : line
      if (json.startsWith('{')) found.push({ dialect, operation, rpcId, status, bytes: Buffer.from(json), event })
    }
  }
  return found
}

function askedIn(section: string): Asked {
  const body = section.split('\n').find((line) => line.startsWith('{'))
  const method = /"method":"([^"]+)"/.exec(body ?? '')?.[1]
  if (method !== undefined)
    return { operation: operations[method] ?? null, rpcId: /"id":([^,"}]+)\}?$/.exec(body ?? '')?.[1] ?? '' }
  const [, verb, path = ''] = /^(GET|POST|DELETE) (\S+) HTTP/m.exec(section) ?? []
  return { operation: restOperation(verb ?? '', path), rpcId: 'null' }
}

function restOperation(verb: string, path: string): Operation | null {
  const [, action] = /(message:send|message:stream|:cancel|:subscribe)$/.exec(path) ?? []
  const named = {
    'message:send': 'send',
    'message:stream': 'stream',
    ':cancel': 'cancel',
    ':subscribe': 'subscribe',
  } as const
  if (action !== undefined) return named[action as keyof typeof named]
  return verb === 'GET' && /\/tasks\/[^/?]+(\?.*)?$/.test(path) ? 'get' : null
}
