/** What a caller's message holds, for frameworks that take text, files or JSON and know no A2A. */
import { type JsonObject, isJsonObject } from '../../base/json.ts'

/** One part of a message in A2A 1.0 (section 4.1.6), by what it holds. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'data'; readonly data: unknown }
  /** Base64. */
  | { readonly kind: 'raw'; readonly raw: string; readonly mediaType: string; readonly filename: string | null }
  | { readonly kind: 'url'; readonly url: string; readonly mediaType: string; readonly filename: string | null }

/** The message of a `SendMessageRequest`; an empty object where there is none. */
export function messageOf(params: JsonObject): JsonObject {
  return isJsonObject(params['message']) ? params['message'] : {}
}

/** The parts that can be read, in their order; a part that holds none of the four is left out. */
export function partsOf({ parts }: JsonObject): readonly Part[] {
  return Array.isArray(parts) ? parts.filter(isJsonObject).flatMap((part) => partOf(part) ?? []) : []
}

function partOf({ text, data, raw, url, mediaType, filename }: JsonObject): Part | null {
  if (typeof text === 'string') return { kind: 'text', text }
  const about = {
    mediaType: typeof mediaType === 'string' && mediaType !== '' ? mediaType : 'application/octet-stream',
    filename: typeof filename === 'string' && filename !== '' ? filename : null,
  }
  if (typeof raw === 'string') return { kind: 'raw', raw, ...about }
  if (typeof url === 'string') return { kind: 'url', url, ...about }
  return data === undefined ? null : { kind: 'data', data }
}

/** The message as one text: texts as they are, data as JSON, a file as its URL; bytes cannot be told in text. */
export function textOf(parts: readonly Part[]): string {
  return parts
    .flatMap((part) => {
      if (part.kind === 'text') return [part.text]
      if (part.kind === 'data') return [JSON.stringify(part.data)]
      return part.kind === 'url' ? [part.url] : []
    })
    .join('\n')
}
