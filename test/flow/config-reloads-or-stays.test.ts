import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Loaded } from '../../src/config/load.ts'
import type { ConfigProblem } from '../../src/config/problems.ts'
import { type ConfigWatch, watchConfig, type WatchOptions } from '../../src/config/reload.ts'
import { mustLoad, type TempConfig, tempConfig } from '../support/temp-config.ts'

const one = 'timeouts: { connect_ms: 1000 }'
const two = 'timeouts: { connect_ms: 2000 }'
const bad = 'timeouts: { connect_ms: soon }'

interface Watched {
  readonly watch: ConfigWatch
  readonly loaded: Loaded[]
  readonly problems: (readonly ConfigProblem[])[]
}

async function watched(config: TempConfig, options: Partial<WatchOptions> = {}): Promise<Watched> {
  const loaded: Loaded[] = []
  const problems: (readonly ConfigProblem[])[] = []
  const env = options.env ?? {}
  const watch = watchConfig({
    path: config.path,
    initial: await mustLoad(config.path, env),
    env,
    debounce_ms: 20,
    onLoaded: (next) => loaded.push(next) > 0,
    onProblems: (found) => void problems.push(found),
    ...options,
  })
  await watch.ready
  return { watch, loaded, problems }
}

const connect_ms = (loaded: Loaded | undefined) => loaded?.settings.timeouts.connect_ms

test('an asked reload takes a good file and becomes the last good one', async () => {
  await using config = await tempConfig(one)
  const { watch, loaded } = await watched(config)
  await config.write(two)
  expect(await watch.reload()).toBe('taken')
  watch.close()
  expect(connect_ms(watch.lastGood)).toBe(2000)
  expect(connect_ms(loaded.at(-1))).toBe(2000)
})

test('a bad file keeps the last good one and says why', async () => {
  await using config = await tempConfig(one)
  const { watch, problems } = await watched(config)
  await config.write(bad)
  expect(await watch.reload()).toBe('kept')
  watch.close()
  expect(connect_ms(watch.lastGood)).toBe(1000)
  expect(problems[0]).toMatchObject([{ line: 1, col: 25, path: 'timeouts.connect_ms' }])
})

test('a configuration its owner does not take is not the last good one', async () => {
  await using config = await tempConfig(one)
  const { watch } = await watched(config, { onLoaded: () => Promise.resolve(false) })
  await config.write(two)
  expect(await watch.reload()).toBe('kept')
  watch.close()
  expect(connect_ms(watch.lastGood)).toBe(1000)
})

test('a bug while taking a configuration keeps the last good one', async () => {
  await using config = await tempConfig(one)
  const { watch, problems } = await watched(config, { onLoaded: () => Promise.reject(new TypeError('oh')) })
  await config.write(two)
  expect(await watch.reload()).toBe('kept')
  watch.close()
  expect(connect_ms(watch.lastGood)).toBe(1000)
  expect(problems[0]?.[0]?.message).toBe('could not be taken into use (TypeError)')
})

test('a change of the file is seen, broken or mended', async () => {
  await using config = await tempConfig(one)
  const { watch, loaded, problems } = await watched(config)
  await config.write(bad)
  await vi.waitFor(() => expect(problems).toHaveLength(1), 20_000)
  await config.write(two)
  await vi.waitFor(() => expect(connect_ms(loaded.at(-1))).toBe(2000), 20_000)
  watch.close()
})

test('a file that is put in the place of the old one is seen', async () => {
  await using config = await tempConfig(one)
  const { watch, loaded } = await watched(config)
  await config.put('weir.yaml.new', two)
  await rename(join(config.dir, 'weir.yaml.new'), config.path)
  await vi.waitFor(() => expect(connect_ms(loaded.at(-1))).toBe(2000), 20_000)
  watch.close()
})

test('a changed policy and a changed secret are seen, although the file is the same', async () => {
  await using config = await tempConfig('alerts: { webhooks: [{ url: "http://h/", secret: "${file:s/key}" }] }')
  await config.put('s/key', 'first')
  const { watch, loaded } = await watched(config)
  await config.put('policy/base.cedar', 'permit(principal, action, resource);')
  await vi.waitFor(() => expect(loaded).toHaveLength(1), 20_000)
  await config.put('s/key', 'second')
  await vi.waitFor(() => expect(loaded.at(-1)?.settings.alerts.webhooks[0]?.secret?.reveal()).toBe('second'), 20_000)
  watch.close()
})

test('what changes nothing is not taken again', async () => {
  await using config = await tempConfig(one)
  const { watch, loaded } = await watched(config)
  await config.write(`# the same\n${one}\n`)
  await config.put('unrelated.txt', 'x')
  await new Promise((resolve) => setTimeout(resolve, 200))
  await config.write(two)
  await vi.waitFor(() => expect(connect_ms(loaded.at(-1))).toBe(2000), 20_000)
  watch.close()
  expect(loaded).toHaveLength(1)
})

test('one reload runs at a time, and those who ask meanwhile share one more', async () => {
  await using config = await tempConfig(one)
  let open = 0
  let most = 0
  let taken = 0
  const onLoaded = async (): Promise<boolean> => {
    most = Math.max(most, ++open)
    await new Promise((resolve) => setTimeout(resolve, 20))
    open -= 1
    return ++taken > 0
  }
  const { watch } = await watched(config, { onLoaded })
  await Promise.all(Array.from({ length: 10 }, () => watch.reload()))
  watch.close()
  expect([most, taken]).toEqual([1, 2])
})

test('after closing nothing is taken any more', async () => {
  await using config = await tempConfig(one)
  const { watch, loaded } = await watched(config)
  watch.close()
  await config.write(two)
  expect(await watch.reload()).toBe('kept')
  expect(loaded).toEqual([])
})
