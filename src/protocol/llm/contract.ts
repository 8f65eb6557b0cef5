/**
 * The shapes of OpenAI and Anthropic as the road needs them. Bytes are handed on as they come wherever nothing has to
 * change: what is read here is read beside them.
 *
 *     read-call.ts       readModelCall(inbound, route, id): ModelCall | Written       (Written: 400 in the shape asked for)
 *     routes.ts          modelRouteOf(method, path, headers): ModelRoute | null
 *     write-request.ts   writeModelRequest(call, to: RequestEdits): Uint8Array
 *     usage.ts           usageOf(dialect, body): Usage | null;  openUsageReader(dialect, asked): UsageReader
 *     faces.ts           writeModelDenial(denial, refused): Written;  writeModelDenialEvents(denial, refused): string
 *     list.ts            writeModelList(dialect, models): Written
 *     headers.ts         modelHeadersUpwards(headers, family): HeaderList;  modelHeadersBack(head, family): HeaderList
 */
import type { ModelDialect, ModelOperation } from '../../domain/call.ts'
import type { Usage } from '../../domain/usage.ts'

/** Which of our paths was asked. */
export interface ModelRoute {
  readonly dialect: ModelDialect
  readonly operation: ModelOperation
  readonly method: 'GET' | 'POST'
  /** The one model of `/v1/models/{id}`; null for all of them, and everywhere else. */
  readonly one: string | null
  /** Behind the base URL of a provider as its SDK takes it: `/chat/completions`, `/v1/messages`. */
  readonly path: string
}

/** What has to be another than the caller wrote. */
export interface RequestEdits {
  /** What the provider calls the model. */
  readonly model: string
  /** The most tokens one answer may have; null leaves it as it is. Written under the name the caller used, or that its API prefers. */
  readonly outputMax: number | null
  /** Whether the provider is asked to say at the end of a stream what was used, where that has to be asked for. */
  readonly usage: boolean
}

/** Reads a stream beside those who hand it on. Told of every event once, in order. */
export interface UsageReader {
  /** What is done with an event: it is handed on, or it is one that only we asked for. `last` ends the stream by its own words. */
  hear(data: Buffer): { readonly drop: boolean; readonly last: boolean }
  /** What the provider has said so far; null as long as it has said nothing. Of Anthropic the input is known before the output is. */
  readonly usage: Usage | null
  /** Whether that is the final word. */
  readonly final: boolean
  /** Bytes of what the model wrote so far: text, arguments of tools, reasoning that is shown. */
  readonly delivered_bytes: number
  /** Whether the stream told of an error of the provider. */
  readonly failed: boolean
}
