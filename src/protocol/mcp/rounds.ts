/** Questions between two calls (2026-07-28, multi round-trip requests): how they are put, and what comes back. */
import { createHash } from 'node:crypto'
import { readCanonicalJson } from '../../base/jcs.ts'
import { editJson, membersOf, valueAtPath } from '../../base/json-edit.ts'
import { type JsonObject, isJsonObject, readJsonObject } from '../../base/json.ts'
import { connectKey } from './connect.ts'
import { metaPrefix } from './words.ts'

/** What is asked of a client. */
export interface Question {
  readonly method: string
  /** An object. */
  readonly params: Buffer | null
}

export type Questions = ReadonlyMap<string, Question>

/** The result that asks; `state` comes back as it is. */
export function writeInputRequired(questions: Questions, state: string, serverInfo: Buffer | null): Buffer {
  const asked = [...questions].map(([key, { method, params }]) => {
    const said = params === null ? '' : `,"params":${params.toString('utf8')}`
    return `${JSON.stringify(key)}:{"method":${JSON.stringify(method)}${said}}`
  })
  const meta = serverInfo === null ? '' : `,"_meta":{"${metaPrefix}serverInfo":${serverInfo.toString('utf8')}}`
  const requests = asked.length === 0 ? '' : `"inputRequests":{${asked.join(',')}},`
  return Buffer.from(`{"resultType":"input_required",${requests}"requestState":${JSON.stringify(state)}${meta}}`)
}

/** What a request brings along of an earlier one. */
export interface Resumption {
  readonly state: string | null
  readonly answers: ReadonlyMap<string, Buffer>
}

/** Null for a request that begins. */
export function readResumption(params: Buffer | null): Resumption | null {
  if (params === null) return null
  const answers = valueAtPath(params, ['inputResponses'])
  const said = valueAtPath(params, ['requestState'])
  // A question of ours rests on nothing: whoever answers it begins anew.
  const given = (answers === null ? [] : membersOf(answers)).filter(([name]) => name !== connectKey)
  if (said === null && (answers === null || given.length === 0)) return null
  const state: unknown = said === null ? null : JSON.parse(said.toString('utf8'))
  // What is no text is no state of ours either, and is refused as such.
  return {
    state: typeof state === 'string' || state === null ? state : '',
    answers: new Map(given),
  }
}

export function withoutResumption(params: Buffer | null): Buffer | null {
  const taken = ['inputResponses', 'requestState'].map((name) => ({ path: [name], value: undefined }))
  return params === null ? null : editJson(params, taken)
}

/** One digest for one request, however often it is sent again; null where it has more than one reading. */
export function digestOfRequest(method: string, params: Buffer | null): string | null {
  const read = params === null ? {} : readJsonObject(params.toString('utf8'), 64)
  if (read === null) return null
  const { inputResponses: _answers, requestState: _state, _meta: _said, ...asked } = read
  const canonical = readCanonicalJson(asked)
  return canonical === null ? null : createHash('sha256').update(`${method}\n${canonical}`).digest('base64url')
}

/** What a question takes of a client, in the form in which clients declare it. */
export function capabilityFor({ method, params }: Question): JsonObject | null {
  const read = (name: string): string | null => (params && valueAtPath(params, [name])?.toString('utf8')) ?? null
  if (method === 'elicitation/create') return { elicitation: read('mode') === '"url"' ? { url: {} } : { form: {} } }
  if (method === 'roots/list') return { roots: {} }
  if (method !== 'sampling/createMessage') return null
  return { sampling: read('tools') !== null || read('toolChoice') !== null ? { tools: {} } : {} }
}

/** What of the questions a client did not say it can answer; null where it can answer all of them. */
export function missingFor(questions: Questions, declared: JsonObject): JsonObject | null {
  const missing: Record<string, JsonObject> = {}
  for (const question of questions.values()) {
    const wanted = Object.entries(capabilityFor(question) ?? { [question.method]: {} })
    for (const [name, members] of wanted) {
      const lacks = lackOf(name, isJsonObject(members) ? members : {}, declared[name])
      if (lacks !== null) missing[name] = { ...missing[name], ...lacks }
    }
  }
  return Object.keys(missing).length === 0 ? null : missing
}

function lackOf(name: string, wanted: JsonObject, declared: unknown): JsonObject | null {
  if (!isJsonObject(declared)) return wanted
  // Before there were modes, the bare word meant forms.
  const bare = name === 'elicitation' && declared['form'] === undefined && declared['url'] === undefined
  const lacks = Object.entries(wanted).filter(
    ([member]) => declared[member] === undefined && !(bare && member === 'form'),
  )
  return lacks.length === 0 ? null : Object.fromEntries(lacks)
}
