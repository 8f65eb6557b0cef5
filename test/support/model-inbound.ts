/** Requests to models as a listener hands them over. */
import type { Millis } from '../../src/base/clock.ts'
import type { HopId } from '../../src/domain/ids.ts'
import type { Inbound } from '../../src/protocol/http.ts'
import type { ModelRoute } from '../../src/protocol/llm/contract.ts'
import { type ModelMalformed, type ModelReading, readModelCall } from '../../src/protocol/llm/read-call.ts'
import { modelRouteOf } from '../../src/protocol/llm/routes.ts'

export const modelHop = 'hop_00000000000000000000000001' as HopId

export const modelPaths = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  embeddings: '/v1/embeddings',
  messages: '/v1/messages',
  count: '/v1/messages/count_tokens',
} as const

export type ModelPath = keyof typeof modelPaths

export function modelInbound(path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Inbound {
  return {
    method: 'POST',
    path,
    query: '',
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(body as string),
    receivedAt: 0 as Millis,
    startedAt: 0,
    peer: '127.0.0.1',
    clientCert: null,
  }
}

export function modelRoute(path: string, method = 'POST', headers: Record<string, string> = {}): ModelRoute {
  const route = modelRouteOf(method, path, new Map(Object.entries(headers)))
  if (route === null || route === 'wrong_method') throw new Error(`${method} ${path} is no route`)
  return route
}

/** Pictures, sounds and files are taken for 1000 tokens each. */
export function readModel(path: ModelPath, body: unknown): ModelReading | ModelMalformed {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const inbound = modelInbound(modelPaths[path], text)
  return readModelCall(inbound, modelRoute(modelPaths[path]), modelHop, { media_tokens: 1000 })
}

/** Of a request that can be read. */
export function modelCall(path: ModelPath, body: unknown): ModelReading {
  const read = readModel(path, body)
  if ('kind' in read) throw new Error(read.body)
  return read
}
