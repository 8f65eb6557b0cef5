/** What an agent says of another task than it was asked about reaches nobody, and a book that breaks costs one call. */
import { afterEach, expect, test } from 'vitest'
import { isFault } from '../../src/domain/fault.ts'
import { RelayBench } from '../support/relay.ts'
import { bareTask, startRpcTarget, status, task } from '../support/rpc-target.ts'
import type { Target } from '../support/target.ts'
import { claimOf } from '../support/hop.ts'

const opened: (Target | RelayBench)[] = []

afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

test.each(['get', 'cancel'] as const)('an answer to %s that shows another task is a fault', async (operation) => {
  const target = await startRpcTarget((asked) => asked.answer(bareTask('TASK_STATE_COMPLETED', { id: 'of-another' })))
  const bench = new RelayBench()
  opened.push(target, bench)
  const known = { instance: null, task: null, context: null }
  const ask = { operation, warrant: claimOf('t1'), taskId: 't1', historyLength: null, known } as const
  const errand = { delivery: null, credential: [], headers: [], standing: () => null }
  const heard = await bench.relay.ask(ask, { driver: bench.driverAt(target.url), errand })
  expect(isFault(heard) ? heard.code : heard).toBe('bad_answer')
})

test.each(['unary', 'stream'] as const)(
  'a book that breaks while a task is owned ends a %s call and no more',
  async (kind) => {
    const target = await startRpcTarget((asked) => {
      if (asked.method === 'SendMessage') asked.answer(task('TASK_STATE_COMPLETED'))
      else asked.begin(task('TASK_STATE_WORKING'), status('TASK_STATE_WORKING', 'more'))
    })
    const bench = new RelayBench()
    opened.push(target, bench)
    bench.watch = { own: () => Promise.reject(new Error('torn')) }
    const { outcome } = bench[kind](target.url)
    expect(await outcome).toMatchObject({ kind: 'fault', fault: { code: 'bad_answer', detail: 'a bug: Error: torn' } })
  },
)
