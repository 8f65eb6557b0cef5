import type { Millis } from '../base/clock.ts'
import type { PersonId, RunId } from './ids.ts'
import type { Stamp } from './stamp.ts'

/** Somebody asked for a person to be forgotten, or for that to wait. Never a name, which an erasure would leave here. */
export interface PersonEntry extends Stamp {
  readonly kind: 'person'
  /** `erased`: whatever was made of the pseudonym elsewhere has to forget whom it stood for. */
  readonly event: 'erased' | 'held' | 'released'
  /** The pseudonym. */
  readonly person: PersonId
  /** The run a hold is for; null where it is for everything of the person. */
  readonly run: RunId | null
  /** When a hold ends by itself; null for never. */
  readonly until: Millis | null
  /** The name stands as the pseudonym in it. */
  readonly reason: string
  readonly actor: string
}
