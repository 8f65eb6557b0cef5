/** What a doctor might hear, made by hand. */
import type { JsonObject } from '../../../../src/base/json.ts'
import type { FaultCode } from '../../../../src/domain/fault.ts'
import { readSaid } from '../../../../src/protocol/a2a/read-said.ts'
import type { AgentError, Said } from '../../../../src/protocol/a2a/said.ts'
import type { Heard } from '../../../../src/relay/doctor/heard.ts'

export function heardOf(...answers: readonly (Said | AgentError)[]): Heard {
  return {
    answers,
    status: 200,
    type: 'application/json',
    scrap: null,
    json: null,
    fault: null,
    comments: 0,
    silence_ms: 0,
    end: 'closed',
    took_ms: 5,
  }
}

export function answered(members: JsonObject, id = '1'): Said | AgentError {
  const bytes = Buffer.from(`{"jsonrpc":"2.0","id":${id},${JSON.stringify(members).slice(1)}`)
  return read(bytes, 'a2a-1.0-jsonrpc', 200)
}

export function answeredRest(body: JsonObject, status: number): Said | AgentError {
  return read(Buffer.from(JSON.stringify(body)), 'a2a-1.0-rest', status)
}

function read(bytes: Buffer, dialect: 'a2a-1.0-jsonrpc' | 'a2a-1.0-rest', status: number): Said | AgentError {
  const said = readSaid(bytes, { dialect, operation: 'get', rpcId: '1', status, event: null })
  if (said === null) throw new Error('no answer of A2A')
  return said
}

export function failed(code: number, message = ''): Heard {
  return heardOf(answered({ error: { code, message } }))
}

export function task(state: string): Heard {
  return heardOf(answered({ result: { task: { id: 't1', contextId: 'c1', status: { state } } } }))
}

export const message = heardOf(
  answered({ result: { message: { messageId: 'm1', role: 'ROLE_AGENT', parts: [{ text: 'hi' }] } } }),
)

export function faulty(code: FaultCode, detail = ''): Heard {
  return { ...heardOf(), status: null, type: '', fault: { kind: 'fault', code, detail, sent: true } }
}

export const page: Heard = { ...heardOf(), type: 'text/html', scrap: 'It works!' }
