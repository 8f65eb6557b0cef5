/** What calls of models are carried with. */
import type { Dice } from '../../base/dice.ts'
import type { Bench } from '../exchange.ts'
import type { Sender } from './attempt.ts'
import type { Course } from './course.ts'
import type { ModelPlaces } from './places.ts'

export interface ModelWorld {
  readonly places: ModelPlaces
  /** The provider that Weir plays itself. */
  readonly fake: Sender
  readonly dice: Dice
}

/** What one call is carried with. */
export interface ModelWay {
  readonly bench: Bench
  readonly world: ModelWorld
  readonly course: Course
}
