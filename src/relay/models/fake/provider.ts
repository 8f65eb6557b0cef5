/**
 * A provider of models inside Weir, so that everything runs without a network and without a key: the same seam as the
 * transport, the same shapes as OpenAI and Anthropic, the same answer to the same request. Which models there are stands in
 * `manners.ts`; a token is a word, so costs can be computed by hand.
 *
 *     usage      input   words of every text before: system and instructions, all messages, results of tools
 *                output  words of the text; of a call of a tool one for its name and those of its arguments
 */
import type { Clock } from '../../../base/clock.ts'
import type { Wheel } from '../../../base/wheel.ts'
import type { Outbound, Receiver, Wire } from '../../wire/transport.ts'
import { answerTo } from './answer.ts'
import { Play } from './play.ts'

export interface FakeParts {
  readonly wheel: Wheel
  readonly clock: Clock
}

export class FakeProvider {
  readonly #parts: FakeParts

  constructor(parts: FakeParts) {
    this.#parts = parts
  }

  /** Answers a request. The receiver is never called before this returns. */
  send(request: Outbound, receiver: Receiver): Wire {
    const { wheel, clock } = this.#parts
    const play = new Play(receiver, wheel, request.patience ?? {})
    queueMicrotask(() => play.start(answerTo(request, clock.now())))
    return play
  }
}
