import { expect, test } from 'vitest'
import { environment } from '../../../../src/cli/exec/environment.ts'

const local = { url: 'http://127.0.0.1:1', secret: 'weir_exec_1', run: 'run_1', traceparent: '00-a-b-01' }

test('SDKs find the forwarder, and nothing that leads past it stays', () => {
  const given = {
    PATH: '/bin',
    ANTHROPIC_API_KEY: 'sk-ant',
    OPENAI_API_KEY: 'sk',
    WEIR_URL: 'x',
    WEIR_ADMIN_TOKEN: 'y',
  }
  const env = environment(given, local)
  expect(env).toMatchObject({ PATH: '/bin', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', OPENAI_API_KEY: 'weir_exec_1' })
  expect(env).toMatchObject({ ANTHROPIC_BASE_URL: 'http://127.0.0.1:1', ANTHROPIC_AUTH_TOKEN: 'weir_exec_1' })
  for (const name of ['ANTHROPIC_API_KEY', 'WEIR_URL', 'WEIR_ADMIN_TOKEN']) expect(env[name]).toBeUndefined()
})

test.each([
  [{}, '127.0.0.1'],
  [{ NO_PROXY: 'a.example' }, 'a.example,127.0.0.1'],
  [{ no_proxy: 'b.example', NO_PROXY: '' }, 'b.example,127.0.0.1'],
])('a proxy is never shown the secret: %j', (given, expected) => {
  expect(environment({ HTTP_PROXY: 'http://proxy', ...given }, local)).toMatchObject({
    HTTP_PROXY: 'http://proxy',
    NO_PROXY: expected,
    no_proxy: expected,
  })
})

test('the cache of the launcher is for Weir alone, and one that the user named stays', () => {
  const kept = (folder: string) => environment({ NODE_COMPILE_CACHE: folder }, local)['NODE_COMPILE_CACHE']
  expect(kept('/home/tomas/.cache/weir/compiled')).toBeUndefined()
  expect(kept('/var/cache/mine')).toBe('/var/cache/mine')
})
