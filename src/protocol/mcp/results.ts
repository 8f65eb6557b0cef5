/** Results and errors in the words of the era they are told in; whatever both eras say alike keeps its bytes. */
import { type JsonEdit, editJson, valueAtPath } from '../../base/json-edit.ts'
import { readJsonObject } from '../../base/json.ts'
import { cacheable, codes, metaPrefix } from './words.ts'
import { withDefault } from './write-message.ts'

const serverInfoPath = ['_meta', `${metaPrefix}serverInfo`]

/** A result as the modern era has it; `serverInfo` is a JSON object, null where nobody says who answers. */
export function resultForModern(result: Buffer, method: string, serverInfo: Buffer | null): Buffer {
  const typed = withDefault(result, ['resultType'], '"complete"')
  const signed = serverInfo === null ? typed : withDefault(typed, serverInfoPath, serverInfo.toString('utf8'))
  if (!cacheable.has(method)) return signed
  // Whatever the server says: what Weir shows depends on who asks.
  const isScoped = valueAtPath(signed, ['cacheScope'])?.toString('latin1') === '"private"'
  const scoped = isScoped ? signed : editJson(signed, [{ path: ['cacheScope'], value: '"private"' }])
  return withDefault(scoped, ['ttlMs'], '0')
}

/** Null where it says something that the legacy era has no words for. */
export function resultForLegacy(result: Buffer): Buffer | null {
  const type = valueAtPath(result, ['resultType'])?.toString('utf8') ?? '"complete"'
  if (type !== '"complete"') return null
  const taken: JsonEdit[] = ['resultType', 'ttlMs', 'cacheScope'].map((name) => ({ path: [name], value: undefined }))
  const structured = valueAtPath(result, ['structuredContent'])
  // Only an object may stand there; the text beside it says the same.
  if (structured !== null && structured[0] !== openBrace) taken.push({ path: ['structuredContent'], value: undefined })
  return editJson(result, taken)
}

const openBrace = 0x7b

/** Some codes may not be said any more (2026-07-28, error codes). */
export function errorForModern(error: Buffer): Buffer {
  const code = codeOf(error)
  if (code === codes.noResource) return editJson(error, [{ path: ['code'], value: String(codes.params) }])
  if (code === codes.urlElicitation) return editJson(error, [{ path: ['code'], value: String(codes.internal) }])
  return error
}

/** What the modern era calls a bad parameter was a code of its own where a resource is read. */
export function errorForLegacy(error: Buffer, method: string): Buffer {
  const code = codeOf(error)
  if (method === 'resources/read' && code === codes.params)
    return editJson(error, [{ path: ['code'], value: String(codes.noResource) }])
  return error
}

export function codeOf(error: Buffer): number {
  return Number(valueAtPath(error, ['code'])?.toString('latin1') ?? Number.NaN)
}

/** The pages that a client is sent to, as parameters of `elicitation/create`; null for any other error. */
export function urlElicitationsOf(error: Buffer): readonly Buffer[] | null {
  if (codeOf(error) !== codes.urlElicitation) return null
  const said = readJsonObject(error.toString('utf8'), 64)?.['data']
  const list = typeof said === 'object' && said !== null && 'elicitations' in said ? said.elicitations : null
  if (!Array.isArray(list) || list.length === 0) return null
  return list.map((each: unknown) => Buffer.from(JSON.stringify(each)))
}

/** Capabilities without those of the other era, which are not carried across. */
export function capabilitiesAcross(capabilities: Buffer): Buffer {
  return editJson(
    capabilities,
    ['tasks', 'extensions'].map((name) => ({ path: [name], value: undefined })),
  )
}
