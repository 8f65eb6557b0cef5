/**
 * What a user says to a model as the parts of a message to an agent (A2A 1.0 section 4.1.6). Sources: the content parts of
 * Chat Completions and of Responses in the API reference of OpenAI.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { textOf } from '../a2a/translate/members.ts'

/** Why a request cannot be put to an agent, for its caller. */
export interface BridgeMistake {
  readonly kind: 'bridge_mistake'
  readonly message: string
  /** Where in the request; null for no one place. */
  readonly param: string | null
}

export function bridgeMistake(message: string, param: string | null): BridgeMistake {
  return { kind: 'bridge_mistake', message, param }
}

export function isBridgeMistake(value: object): value is BridgeMistake {
  return 'kind' in value && value.kind === 'bridge_mistake'
}

/** The parts of one content: a text, or a list of parts. Empty texts are left out. */
export function partsOf(content: unknown, param: string): readonly JsonObject[] | BridgeMistake {
  if (typeof content === 'string') return content === '' ? [] : [{ text: content }]
  if (!Array.isArray(content)) return bridgeMistake('The content must be a text or a list of parts', param)
  const parts: JsonObject[] = []
  for (const [at, given] of content.entries()) {
    const place = `${param}[${at}]`
    const read = isJsonObject(given) ? readers.get(given['type']) : undefined
    if (!isJsonObject(given) || !read) return bridgeMistake('Agents take no parts of this type', `${place}.type`)
    const part = read(given, place)
    if (isBridgeMistake(part)) return part
    if (part['text'] !== '') parts.push(part)
  }
  return parts
}

type ReadPart = (given: JsonObject, place: string) => JsonObject | BridgeMistake

const readers: ReadonlyMap<unknown, ReadPart> = new Map<unknown, ReadPart>([
  ['text', readText],
  ['input_text', readText],
  ['image_url', ({ image_url }, place) => readFile(isJsonObject(image_url) ? image_url['url'] : image_url, {}, place)],
  ['input_image', ({ image_url }, place) => readFile(image_url, {}, place)],
  ['file', ({ file }, place) => readFile(isJsonObject(file) ? file['file_data'] : null, nameIn(file), place)],
  ['input_file', (given, place) => readFile(given['file_data'] ?? given['file_url'], nameIn(given), place)],
  ['input_audio', readAudio],
])

function readText({ text }: JsonObject, place: string): JsonObject | BridgeMistake {
  return typeof text === 'string' ? { text } : bridgeMistake('The text must be a string', `${place}.text`)
}

const filenameMax_chars = 256

function nameIn(file: unknown): JsonObject {
  const name = isJsonObject(file) ? textOf(file['filename']) : null
  return name === null || name.length > filenameMax_chars ? {} : { filename: name }
}

/** A URL that the agent may fetch, or the bytes themselves: as a data URL (RFC 2397), or in base64. */
function readFile(given: unknown, facts: JsonObject, place: string): JsonObject | BridgeMistake {
  if (typeof given !== 'string' || given === '')
    return bridgeMistake('Agents take files as a URL or as data, not by the id of an upload', place)
  if (/^https?:\/\//i.test(given)) return { url: given, ...facts }
  if (given.startsWith('data:')) return readDataUrl(given, facts, place)
  return isBase64(given) ? { raw: given, ...facts } : bridgeMistake('This is no URL and no base64', place)
}

/** A media type with its parameters is never as long. */
const dataHeadMax_chars = 512

function readDataUrl(url: string, facts: JsonObject, place: string): JsonObject | BridgeMistake {
  const comma = url.slice(0, dataHeadMax_chars).indexOf(',')
  if (comma === -1) return bridgeMistake('This is no data URL', place)
  const [mediaType, ...more] = url.slice('data:'.length, comma).split(';')
  const typed = { mediaType: mediaType || 'text/plain', ...facts }
  const data = url.slice(comma + 1)
  if (more.at(-1)?.toLowerCase() !== 'base64') return readEscaped(data, typed, place)
  return isBase64(data) ? { raw: data, ...typed } : bridgeMistake('The data of this data URL is no base64', place)
}

function readEscaped(data: string, typed: JsonObject, place: string): JsonObject | BridgeMistake {
  try {
    return { raw: Buffer.from(decodeURIComponent(data)).toString('base64'), ...typed }
  } catch {
    return bridgeMistake('The data of this data URL is not percent-encoded', place)
  }
}

/** Of the audio formats of OpenAI those whose media type is not their name. */
const audioTypes: ReadonlyMap<string, string> = new Map([['mp3', 'audio/mpeg']])

function readAudio({ input_audio }: JsonObject, place: string): JsonObject | BridgeMistake {
  const { data, format } = isJsonObject(input_audio) ? input_audio : {}
  if (typeof data !== 'string' || !isBase64(data)) return bridgeMistake('The audio must be base64', place)
  if (typeof format !== 'string' || !/^[a-z0-9.+-]{1,32}$/i.test(format))
    return bridgeMistake('The format of the audio must be a name', place)
  return { raw: data, mediaType: audioTypes.get(format) ?? `audio/${format}` }
}

function isBase64(text: string): boolean {
  return text !== '' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(text)
}
