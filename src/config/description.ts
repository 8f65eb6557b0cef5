/** Descriptions of APIs as files: JSON or YAML, of a bounded size, known by what they hold. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { parse } from 'yaml'
import { isJsonObject, type JsonObject } from '../base/json.ts'

/** The largest that we know takes 47 MB. */
export const descriptionBytes_max = 67_108_864
const aliases_max = 1000

export interface ReadDescription {
  readonly kind: 'description'
  readonly document: JsonObject
  readonly sha256: string
}

/** The bytes of the file, or a sentence. */
export async function readDescription(path: string): Promise<Buffer | string> {
  try {
    const facts = await stat(path)
    if (!facts.isFile()) return `${path} is no file`
    if (facts.size > descriptionBytes_max) return `${path} is larger than ${descriptionBytes_max} bytes`
    return await readFile(path)
  } catch (error) {
    return `${path} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'})`
  }
}

/** Takes seconds where there is much of it, so no thread that others wait for calls it. Never throws. */
export function parseDescription(bytes: Uint8Array): ReadDescription | string {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '')
  const document = /^\s*\{/.test(text) ? (readJson(text) ?? readYaml(text)) : readYaml(text)
  if (!isJsonObject(document)) return 'the description is neither JSON nor YAML of one mapping'
  return { kind: 'description', document, sha256: createHash('sha256').update(bytes).digest('hex') }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** By way of JSON, so that dates are texts and nothing holds itself. */
function readYaml(text: string): unknown {
  try {
    const value: unknown = parse(text, { maxAliasCount: aliases_max, logLevel: 'error', merge: true })
    return JSON.parse(JSON.stringify(value)) as unknown
  } catch {
    return null
  }
}
