/**
 * One call of a model, and who may answer it. The relay tries places in their order until one begins to answer; from its
 * first byte on, the answer is that one's.
 *
 *     model-relay.ts     ModelRelay: send(warrant, mission, to): Exchange
 *     places.ts          new ModelPlaces(clock, report), which lasts over reloads (`use(settings)`) and knows who is well
 */
import type { ProviderSettings } from '../../config/settings-models.ts'
import type { ModelCall } from '../../domain/call.ts'
import type { Usage } from '../../domain/usage.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { HeaderList } from '../../protocol/http.ts'
import type { Written } from '../../protocol/jsonrpc.ts'
import type { ExchangeOutcome } from '../exchange.ts'
import type { Head } from '../wire/transport.ts'

/** A model at a provider that this call may go to. */
export interface Candidate {
  readonly provider: ProviderSettings
  /** What the provider calls it. */
  readonly model: string
  readonly weight: number
}

/** Candidates of which one is chosen; where none of them answers, the next tier is asked. */
export interface Tier {
  readonly candidates: readonly Candidate[]
  readonly choose: 'weight' | 'least_outstanding'
}

/** What is carried, and the road's eyes on it. None of it may throw. */
export interface ModelMission {
  readonly call: ModelCall
  readonly tiers: readonly Tier[]
  /** Behind the base URL of a provider: `/chat/completions`. */
  readonly path: string
  /** What the provider of a candidate gets. */
  body(candidate: Candidate): Uint8Array
  /** The caller's headers that may go along. */
  readonly headers: HeaderList
  /** Whether events only we asked for are kept from the caller. */
  readonly dropsUsage: boolean
  /** Asked before anything of a stream is passed on: why it must not go on, or null. */
  standing(): Denial | null
  /** Before the first byte of an answer is handed on. */
  onAnswer(): void
  /** Headers of a stream, beside those of a stream. */
  headersBack(head: Head, candidate: Candidate): HeaderList
  /** Comments for the caller before the last event of a stream: `: weir cost=0.00214 run=...`. `lost` as in the outcome. */
  closing(told: Told, lost: number): string
  /** A refusal as the events that end a stream which has begun. */
  writeDenialEvents(denial: Denial): string
  writeDenial(denial: Denial): Written
}

/** What is known of an answer: so far, or when it is over. */
export interface Told {
  readonly candidate: Candidate
  readonly usage: Usage | null
  /** Whether that is all the provider had to say. */
  readonly final: boolean
  /** Bytes the model wrote, as far as they were delivered to us; infinite where nobody knows. */
  readonly delivered_bytes: number
  /** The id by which a later call may go on from it; absent where there is none. */
  readonly response?: string | undefined
}

/** `errorCode` is the HTTP status of an error of the provider that was handed on; 500 where a stream ended with one. */
export interface ModelOutcome extends ExchangeOutcome {
  /** Whoever answered, or began to; null where nobody was reached. */
  readonly told: Told | null
  /** Requests that left, over all places. */
  readonly attempts: number
  /** Of those, apart from that of `told`: requests whose answer never came or broke off. Their provider may bill them. */
  readonly lost?: number
}

export type ModelDone = (outcome: ModelOutcome) => void
