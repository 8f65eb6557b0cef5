/** The configuration of a stand-in holds, leads nowhere but to its mock, and proves nothing to anybody. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isLoaded, loadConfig, type Loaded } from '../../../../../src/config/load.ts'
import { standInFile } from '../../../../../src/pipeline/whatif/rerun/stand-in.ts'

const root = join(import.meta.dirname, '../../../../..')
const upstream = 'http://127.0.0.1:9'

async function load(path: string): Promise<Loaded> {
  const loaded = await loadConfig(path, {})
  if (!isLoaded(loaded)) throw new Error(JSON.stringify(loaded))
  return loaded
}

async function standIn(settings: Loaded['settings']): Promise<{ readonly text: string; readonly loaded: Loaded }> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-stand-in-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const { limits, policy } = settings
  const text = standInFile(settings, { upstream, stateDir: join(dir, 'state'), policyDir: policy.dir, limits })
  await writeFile(join(dir, 'weir.yaml'), text)
  return { text, loaded: await load(join(dir, 'weir.yaml')) }
}

test('of everything that can be configured only what decides and what it costs is taken over', async () => {
  const { settings } = await load(join(root, 'config/weir.example.yaml'))
  const { text, loaded } = await standIn(settings)
  const again = loaded.settings
  expect([...again.agents.keys()]).toEqual([...settings.agents.keys()])
  expect(again.limits.run.depth_max).toEqual(settings.limits.run.depth_max)
  expect(again.policy).toEqual(settings.policy)
  for (const [, { url, credential, headers }] of again.agents) {
    expect(url === null || url.startsWith(`${upstream}/agents/`)).toBe(true)
    expect([credential.mode, headers.length]).toEqual(['none', 0])
  }
  // Nothing that a clock counts, and no place but the mock.
  expect(again.limits.run.wall_clock_ms).toBeUndefined()
  const places = [...text.matchAll(/https?:\/\/[^"/]+/g)].map(([place]) => place)
  expect(new Set(places)).toEqual(new Set([upstream, 'http://weir-replay.invalid']))
  expect(text).not.toMatch(/sha256|secret|"key":"(?!weir-replay)/)
})

test('it may be production: whoever calls brings a token', async () => {
  const { settings } = await load(join(root, 'config/weir.example.yaml'))
  const { loaded } = await standIn({ ...settings, gateway: { ...settings.gateway, environment: 'prod' } })
  expect(loaded.settings.gateway.environment).toBe('prod')
})
