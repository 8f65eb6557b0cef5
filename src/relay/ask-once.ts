/** One question to an agent with one answer, as a promise. */
import type { Fault } from '../domain/fault.ts'
import type { AgentError, Said } from '../protocol/a2a/said.ts'
import type { HeaderList } from '../protocol/http.ts'
import type { Ask, Driver, Errand } from './driver.ts'
import type { Bench } from './exchange.ts'
import type { Memo } from './feed/sight.ts'
import { makeFault } from './wire/transport.ts'

export interface Heard {
  readonly kind: 'heard'
  readonly answer: Said | AgentError
  readonly headers: HeaderList
  /** What the driver wants to be remembered from now on; null where that is nothing new. */
  readonly memo: Memo | null
}

export interface AskParts {
  readonly driver: Driver
  readonly errand: Errand
  readonly bench: Bench
}

/** An agent that mixes its callers up is not believed. */
export const otherTask = 'the agent speaks of another task'

function isOther(ask: Ask, { seen: { taskId } }: Said): boolean {
  return 'taskId' in ask && taskId !== null && taskId !== ask.taskId
}

/** Never rejects; a fault after `timeout_ms` at the latest. `signal` lets go of it earlier. */
export function askOnce(parts: AskParts, ask: Ask, timeout_ms: number, signal?: AbortSignal): Promise<Heard | Fault> {
  const { promise, resolve } = Promise.withResolvers<Heard | Fault>()
  let headers: HeaderList = []
  let answer: Said | null = null
  let memo: Memo | null = null
  const settle = (what: Heard | Fault): void => {
    alarm.cancel()
    signal?.removeEventListener('abort', giveUp)
    resolve(what)
  }
  const giveUp = (): void => {
    line.abort()
    settle(makeFault('aborted', 'the gateway gave up', line.sent))
  }
  const line = parts.driver.open(ask, parts.errand, {
    onHead: (seen) => (headers = seen),
    onMemo: (more) => (memo = { ...memo, ...more }),
    onQuiet: () => {},
    onSaid: (said) => (answer = said),
    onEnd: () => {
      if (!answer) return settle(makeFault('truncated', 'the answer ended before anything was said', true))
      settle(isOther(ask, answer) ? makeFault('bad_answer', otherTask, true) : { kind: 'heard', answer, headers, memo })
    },
    onError: (error) => settle({ kind: 'heard', answer: error, headers, memo }),
    onFault: settle,
  })
  const alarm = parts.bench.wheel.after(timeout_ms, () => {
    line.abort()
    settle(makeFault('first_byte_timeout', `no answer within ${timeout_ms} ms`, line.sent))
  })
  if (signal?.aborted) giveUp()
  else signal?.addEventListener('abort', giveUp, { once: true })
  return promise
}
