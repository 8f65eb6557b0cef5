/**
 * The shapes of OpenAI and Anthropic as the road needs them. Bytes are handed on as they come wherever nothing has to
 * change: what is read here is read beside them.
 *
 *     routes.ts          modelRouteOf(method, path, headers): ModelRoute | 'wrong_method' | null;  modelMethodOf(path)
 *     read-call.ts       readModelCall(inbound, route, id, limits): ModelReading | ModelMalformed   (400 in the shape asked for)
 *     input-bound.ts     the most tokens an input can come to; where media are in a request stands in input-plans.ts
 *     write-request.ts   writeModelRequest(call, edits: RequestEdits): Uint8Array;  asksForUsage(call): boolean
 *     usage.ts           usageOf(dialect, body): Usage | null;  openUsageReader(dialect, { asked }): UsageReader
 *     faces.ts           writeModelDenial(denial, refused): Written;  writeModelDenialEvents(denial, refused): string;
 *                        writeModelMistake(dialect, { status, message }, id): Written
 *     list.ts            writeModelList(dialect, models): Written;  writeModel(dialect, model): Written
 *     headers.ts         modelHeadersUpwards(headers, family): HeaderList;  modelHeadersBack(head, family): HeaderList
 *     walk.ts            JSON walked along a plan, for requests and for what providers say
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
  /** The id by which a later call may go on from it; only of Responses. */
  readonly response?: string | undefined
}
