/** One instance of an agent as its pool sees it. */
import type { Clock } from '../../base/clock.ts'
import type { Driver } from '../driver.ts'
import { Breaker } from './breaker.ts'
import { Window } from './window.ts'

export class Seat extends Breaker {
  readonly url: string
  readonly window: Window
  driver: Driver
  /** It gets no new conversations. */
  drain = false

  constructor(url: string, driver: Driver, clock: Clock) {
    super(clock)
    this.url = url
    this.driver = driver
    this.window = new Window(clock)
  }

  protected override start(): void {
    super.start()
    this.window.clear()
  }
}
