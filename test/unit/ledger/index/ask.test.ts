import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../../src/base/clock.ts'
import type { RunId } from '../../../../src/domain/ids.ts'
import { openAsk } from '../../../../src/ledger/index/ask.ts'
import { tempFolder } from '../folder.ts'

const odd = new URL('../../../support/odd-query-worker.ts', import.meta.url)
const real = new URL('../../../../src/threads/query-worker.ts', import.meta.url)

function asking(workerUrl: URL, options: { readonly asks_max?: number; readonly ask_ms?: number } = {}) {
  const said: string[] = []
  const log = (_level: string, sentence: string): void => void said.push(sentence)
  const ask = openAsk({ stateDir: tempFolder(), workerUrl, clock: systemClock, log, ...options })
  onTestFinished(() => ask.close())
  return { said, run: (run: string) => ask.ask('run', { run: run as RunId }), close: () => ask.close() }
}

const unavailable = { kind: 'ask_refused', code: 'unavailable' }

test('answers are passed on as they come, in the order of the questions', async () => {
  const { run } = asking(odd)
  expect(await Promise.all(['1', '2', '3'].map(run))).toEqual(['1', '2', '3'].map((text) => ({ kind: 'json', text })))
})

test.each(['die', 'throw'])(
  'a thread that ends refuses its question only, and another one answers the next: %s',
  async (how) => {
    const { run } = asking(odd)
    const [ended, next] = await Promise.all([run(how), run('2')])
    expect(ended).toMatchObject(unavailable)
    expect(next).toEqual({ kind: 'json', text: '2' })
  },
)

test('a question that takes too long is given up with its thread, and said', async () => {
  const { run, said } = asking(odd, { ask_ms: 50 })
  expect(await run('hang')).toMatchObject(unavailable)
  expect(said).toEqual([expect.stringContaining('did not answer in time')])
})

test('more questions than may wait are refused at once', async () => {
  const { run } = asking(odd, { asks_max: 2, ask_ms: 200 })
  const first = [run('hang'), run('2'), run('3')]
  expect(await run('4')).toMatchObject({ kind: 'ask_refused', code: 'busy' })
  await Promise.all(first)
})

test('whoever waits when the gateway stops is told, and nobody is answered afterwards', async () => {
  const { run, close } = asking(odd)
  const waiting = [run('hang'), run('2')]
  await close()
  for (const answer of [...(await Promise.all(waiting)), await run('3')]) expect(answer).toMatchObject(unavailable)
})

test('where there is no index yet, it is said and not thrown', async () => {
  const { run } = asking(real)
  expect(await run('run_1')).toMatchObject({ ...unavailable, sentence: expect.stringContaining('runs.db') as string })
})

test('nothing on the way from the gateway to its index opens SQLite on its thread', () => {
  const root = join(import.meta.dirname, '../../../../src')
  const seen = new Set<string>()
  const look = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    const text = readFileSync(path, 'utf8')
    expect(text, path).not.toContain(`from 'node:sqlite'`)
    for (const [, from = ''] of text.matchAll(/^import (?!type).*? from '(\.[^']+)'/gms))
      look(join(dirname(path), from))
  }
  for (const file of ['ledger/archive.ts', 'ledger/index/ask.ts']) look(join(root, file))
  expect(seen.size).toBeGreaterThan(3)
})
