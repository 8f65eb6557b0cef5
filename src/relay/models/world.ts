/** What calls of models are carried with. */
import type { Dice } from '../../base/dice.ts'
import type { ModelDialect, ModelFamily } from '../../domain/call.ts'
import type { Usage } from '../../domain/usage.ts'
import type { HeaderList } from '../../protocol/http.ts'
import type { UsageReader } from '../../protocol/llm/contract.ts'
import type { Bench } from '../exchange.ts'
import type { Head } from '../wire/transport.ts'
import type { Sender } from './attempt.ts'
import type { Course } from './course.ts'
import type { ModelPlaces } from './places.ts'

/** How answers are read. */
export interface AnswerShapes {
  openUsageReader(dialect: ModelDialect, from: { readonly asked: boolean }): UsageReader
  usageOf(dialect: ModelDialect, body: Uint8Array): Usage | null
  modelHeadersBack(head: Head, family: ModelFamily): HeaderList
}

export interface ModelWorld {
  readonly places: ModelPlaces
  /** The provider that Weir plays itself. */
  readonly fake: Sender
  readonly dice: Dice
  readonly shapes: AnswerShapes
}

/** What one call is carried with. */
export interface ModelWay {
  readonly bench: Bench
  readonly world: ModelWorld
  readonly course: Course
}
