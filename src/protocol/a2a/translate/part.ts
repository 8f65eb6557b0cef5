/**
 * Parts of messages and artifacts. 1.0 has one flat object, 0.3 a `kind` with members of its own, and 0.3 over HTTP the
 * protobuf of that. What one of them cannot say is kept in the metadata, so that it comes back unharmed.
 */
import { isJsonObject, type JsonObject } from '../../../base/json.ts'
import type { Grammar } from '../said.ts'
import { pick, textOf, withNote, withoutNote } from './members.ts'

/** 0.3 has objects as data only; the SDKs of 1.0 mark the wrapped others so. */
const wrappedFlag = 'data_part_compat'
/** 0.3 has no media type of text. */
const mediaTypeNote = 'a2a.mediaType'
/** Nor a media type or a name of data. */
const filenameNote = 'a2a.filename'

type Old = Exclude<Grammar, '1.0'>

/** Null for what is no part of that grammar. */
export function partTo10(part: JsonObject, from: Grammar): JsonObject | null {
  if (from === '1.0') return ['text', 'raw', 'url', 'data'].some((name) => Object.hasOwn(part, name)) ? part : null
  const metadata = pick(part, ['metadata'])
  if (typeof part['text'] === 'string') return { text: part['text'], ...recall(metadata) }
  const { file, data } = part
  if (isJsonObject(file)) return fileTo10(file, metadata)
  if (from === '0.3') return isJsonObject(data) ? dataTo10(data, metadata) : null
  return isJsonObject(data) && isJsonObject(data['data']) ? dataTo10(data['data'], metadata) : null
}

/** A part of 1.0 in an older grammar; one that has no content becomes an empty text. */
export function partFrom10(part: JsonObject, to: Grammar): JsonObject {
  if (to === '1.0') return part
  const metadata = pick(part, ['metadata'])
  if (typeof part['raw'] === 'string') return fileFrom10('raw', part, to)
  if (typeof part['url'] === 'string') return fileFrom10('url', part, to)
  const noted = { ...metadata, ...remember(part) }
  if (Object.hasOwn(part, 'data') && typeof part['text'] !== 'string') return dataFrom10(part['data'], noted, to)
  const text = typeof part['text'] === 'string' ? part['text'] : ''
  return to === '0.3' ? { kind: 'text', text, ...noted } : { text, ...noted }
}

/** What text and data of 0.3 have no member for. */
function remember(part: JsonObject): JsonObject {
  const mediaType = textOf(part['mediaType'])
  const filename = textOf(part['filename'])
  const typed = mediaType === null ? {} : withNote(part['metadata'], mediaTypeNote, mediaType)
  if (filename === null) return typed
  return withNote('metadata' in typed ? typed.metadata : part['metadata'], filenameNote, filename)
}

function recall({ metadata }: JsonObject): JsonObject {
  if (!isJsonObject(metadata)) return {}
  const mediaType = textOf(metadata[mediaTypeNote])
  const filename = textOf(metadata[filenameNote])
  const typed = mediaType === null ? { metadata } : withoutNote(metadata, mediaTypeNote)
  const rest = filename === null || !typed.metadata ? typed : withoutNote(typed.metadata, filenameNote)
  return {
    ...(mediaType === null ? {} : { mediaType }),
    ...(filename === null ? {} : { filename }),
    ...rest,
  }
}

function dataTo10(data: JsonObject, metadata: JsonObject): JsonObject {
  const notes = metadata['metadata']
  const wrapped = isJsonObject(notes) && notes[wrappedFlag] === true && Object.hasOwn(data, 'value')
  if (!wrapped) return { data, ...recall(metadata) }
  return { data: data['value'], ...recall(withoutNote(notes, wrappedFlag)) }
}

function dataFrom10(value: unknown, metadata: JsonObject, to: Old): JsonObject {
  const whole = isJsonObject(value)
  const data = whole ? value : { value }
  const noted = whole ? metadata : withNote(metadata['metadata'], wrappedFlag, true)
  return to === '0.3' ? { kind: 'data', data, ...noted } : { data: { data }, ...noted }
}

/** The names of a file's members, those of JSON-RPC and those of the protobuf; agents mix them. */
function fileTo10(file: JsonObject, metadata: JsonObject): JsonObject | null {
  const raw = file['bytes'] ?? file['fileWithBytes']
  const url = file['uri'] ?? file['fileWithUri']
  const mediaType = textOf(file['mimeType'])
  const filename = textOf(file['name'])
  const about = {
    ...(mediaType === null ? {} : { mediaType }),
    ...(filename === null ? {} : { filename }),
    ...metadata,
  }
  if (typeof raw === 'string') return { raw, ...about }
  return typeof url === 'string' ? { url, ...about } : null
}

const fileMembers = {
  '0.3': { raw: 'bytes', url: 'uri' },
  '0.3-proto': { raw: 'fileWithBytes', url: 'fileWithUri' },
} as const

function fileFrom10(content: 'raw' | 'url', part: JsonObject, to: Old): JsonObject {
  const mimeType = textOf(part['mediaType'])
  const name = textOf(part['filename'])
  const file = {
    [fileMembers[to][content]]: part[content],
    ...(mimeType === null ? {} : { mimeType }),
    ...(name === null ? {} : { name }),
  }
  return { ...(to === '0.3' ? { kind: 'file' } : {}), file, ...pick(part, ['metadata']) }
}
