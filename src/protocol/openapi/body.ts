/** Bodies of requests: JSON, forms, parts, text and bytes. */
import { createHash } from 'node:crypto'
import { isJsonObject } from '../../base/json.ts'
import type { MediaForm, MediaPlan } from './contract.ts'
import { memberOf, textOf } from './document.ts'
import { isJson } from './media.ts'
import { encode, plainText, queryPairs, shapeOf } from './serialize.ts'

export interface WrittenBody {
  readonly contentType: string
  readonly bytes: Uint8Array
}

/** A sentence for the model where the value cannot be written like that. */
export function writeBody(media: MediaPlan, value: unknown): WrittenBody | string {
  return writers[media.form](media, value)
}

const writers: Readonly<Record<MediaForm, (media: MediaPlan, value: unknown) => WrittenBody | string>> = {
  json: ({ type }, value) => ({ contentType: type, bytes: Buffer.from(JSON.stringify(value).toWellFormed()) }),
  text: ({ type }, value) => {
    if (typeof value !== 'string') return 'the body is a text'
    return { contentType: `${type}; charset=utf-8`, bytes: Buffer.from(value) }
  },
  binary: ({ type }, value) => {
    const bytes = bytesOf(value)
    return bytes === null ? 'the body is base64' : { contentType: type, bytes }
  },
  form: (media, value) => {
    if (!isJsonObject(value)) return 'the body is an object'
    return { contentType: media.type, bytes: Buffer.from(formText(media, value)) }
  },
  multipart: (media, value) => (isJsonObject(value) ? multipart(media, value) : 'the body is an object'),
}

/** `application/x-www-form-urlencoded` (WHATWG URL, 5.2): like a query, but a space is a plus. */
function formText(media: MediaPlan, value: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(value).flatMap(([name, each]) => formPairs(media, name, each))
  return pairs.join('&').replaceAll('%20', '+')
}

const usual = { style: 'form', explode: true, allowReserved: false } as const

/** Without a word on the manner, objects are JSON and the items of a list are pairs of their own. */
function formPairs({ encoding }: MediaPlan, name: string, value: unknown): readonly string[] {
  const said = Object.hasOwn(encoding, name) ? encoding[name] : undefined
  if (value === null || value === undefined) return []
  if (said?.manner) return queryPairs(name, value, said.manner)
  const asJson = said !== undefined && said.contentType !== null && isJson(said.contentType)
  if (asJson || shapeOf(value).kind === 'map')
    return [`${encode(name)}=${encode(JSON.stringify(value).toWellFormed())}`]
  return queryPairs(name, value, usual)
}

interface Part {
  readonly name: string
  readonly filename: string | null
  readonly contentType: string | null
  readonly bytes: Uint8Array
}

/** `multipart/form-data` (RFC 7578). The boundary follows from the content, so no content can hold it. */
function multipart(media: MediaPlan, value: Readonly<Record<string, unknown>>): WrittenBody | string {
  const parts: Part[] = []
  for (const [name, each] of Object.entries(value)) {
    for (const item of Array.isArray(each) ? (each as readonly unknown[]) : [each]) {
      if (item === null || item === undefined) continue
      const part = media.files.includes(name) ? filePart(media, name, item) : textPart(media, name, item)
      if (typeof part === 'string') return part
      parts.push(part)
    }
  }
  const hash = createHash('sha256')
  for (const { name, bytes } of parts) hash.update(`${name}\0`).update(bytes)
  const boundary = `weir-${hash.digest('hex').slice(0, 40)}`
  const chunks = parts.flatMap((part) => [
    Buffer.from(`--${boundary}\r\n${headOf(part)}\r\n\r\n`),
    part.bytes,
    Buffer.from('\r\n'),
  ])
  const bytes = Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)])
  return { contentType: `${media.type}; boundary=${boundary}`, bytes }
}

function headOf({ name, filename, contentType }: Part): string {
  const file = filename === null ? '' : `; filename="${quoted(filename)}"`
  const disposition = `Content-Disposition: form-data; name="${quoted(name)}"${file}`
  return contentType === null ? disposition : `${disposition}\r\nContent-Type: ${contentType}`
}

/** As browsers escape it (WHATWG HTML, 4.10.21.8), so nothing in a name ends it. */
function quoted(text: string): string {
  return text.toWellFormed().replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('\0', '')
}

function textPart({ encoding }: MediaPlan, name: string, value: unknown): Part {
  const said = Object.hasOwn(encoding, name) ? encoding[name] : undefined
  const isObject = shapeOf(value).kind === 'map'
  const contentType = firstType(said?.contentType ?? null) ?? (isObject ? 'application/json' : null)
  const asJson = isObject || (contentType !== null && isJson(contentType))
  const text = asJson ? JSON.stringify(value).toWellFormed() : plainText(value)
  return { name, filename: null, contentType, bytes: Buffer.from(text) }
}

function filePart({ encoding }: MediaPlan, name: string, value: unknown): Part | string {
  const bytes = bytesOf(isJsonObject(value) ? memberOf(value, 'base64') : value)
  if (bytes === null) return `${name} is a file: base64, or an object with base64`
  const said = Object.hasOwn(encoding, name) ? encoding[name] : undefined
  const given = firstType(textOf(value, 'media_type'))
  const contentType = given ?? firstType(said?.contentType ?? null) ?? 'application/octet-stream'
  return { name, filename: textOf(value, 'filename') ?? name, contentType, bytes }
}

/** Of a list of media types the first that is one. */
function firstType(types: string | null): string | null {
  const [type = ''] = (types ?? '').split(',')
  const plain = type.trim()
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w-]+=[\w.-]+)*$/.test(plain) ? plain : null
}

/** Null for what is no base64; both alphabets are, with or without their end. */
function bytesOf(value: unknown): Buffer | null {
  if (typeof value !== 'string') return null
  const plain = value.replaceAll(/\s+/g, '')
  return /^[\w+/-]*={0,2}$/.test(plain) ? Buffer.from(plain, 'base64') : null
}
