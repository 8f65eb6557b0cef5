/** Carries calls of models to their providers. Whoever has neither Hop nor Permit cannot send: no byte leaves unjudged. */
import type { ModelCall } from '../../domain/call.ts'
import type { Hop, Permit } from '../../domain/verdict.ts'
import type { Reply } from '../../protocol/http.ts'
import type { Bench, Exchange } from '../exchange.ts'
import type { ModelDone, ModelMission } from './contract.ts'
import { Course } from './course.ts'
import { ModelExchange } from './model-exchange.ts'
import type { ModelWorld } from './world.ts'

/** Where an answer goes: a stream to `reply` as it comes, a whole one with `done`, which is called once, later. */
interface Destination {
  readonly reply: Reply
  readonly done: ModelDone
}

export class ModelRelay {
  readonly #bench: Bench
  readonly #world: ModelWorld

  constructor(bench: Bench, world: ModelWorld) {
    this.#bench = bench
    this.#world = world
  }

  send(_warrant: Hop<ModelCall> | Permit, mission: ModelMission, to: Destination): Exchange {
    const course = new Course(mission.tiers, this.#world)
    return new ModelExchange(mission, { bench: this.#bench, world: this.#world, course }, to)
  }
}
