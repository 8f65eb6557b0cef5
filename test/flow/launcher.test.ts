/** `weir` as an installed command: it finds a Node that can run Weir, or says in one sentence that there is none. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const launcher = fileURLToPath(new URL('../../config/launch.mjs', import.meta.url))
const oldNode = '/usr/bin/node'

function run(
  node: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(node, [...args], { timeout: 20_000, env, maxBuffer: 67_108_864 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr })
    })
  })
}

test('on a Node that can run Weir the launcher runs it', async () => {
  const { code, stdout } = await run(process.execPath, [launcher, '--version'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string })
})

test('the exit code of the command is the exit code of the launcher', async () => {
  expect((await run(process.execPath, [launcher, 'no-such-command'])).code).toBe(2)
})

test.skipIf(!existsSync(oldNode))('on another Node it hands over to the pinned one', async () => {
  const { code, stdout } = await run(oldNode, [launcher, 'runs', '--help'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('weir runs halt') as string })
  expect((await run(oldNode, [launcher, 'no-such-command'])).code).toBe(2)
})

test('without a Node that fits it says so in one sentence', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'weir-launch-'))
  try {
    // Away from node_modules there is no pinned Node, and this preload makes the running one look old.
    const alone = join(dir, 'launch.mjs')
    await copyFile(launcher, alone)
    const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.20.2'}})`
    const { code, stderr } = await run(process.execPath, ['--import', pretend, alone])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^weir: Weir needs Node 24\.15 or a later 24, but this is Node 20\.20\.2 .*\n$/)
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('what Node compiled is kept in the folder of caches of the user, and found again by the next start', async () => {
  const home = await mkdtemp(join(tmpdir(), 'weir-home-'))
  try {
    const weir = (env: Readonly<Record<string, string>>) =>
      run(process.execPath, [launcher, 'runs', '--help'], {
        PATH: process.env['PATH'],
        NODE_DEBUG_NATIVE: 'COMPILE_CACHE',
        ...env,
      })
    await weir({ HOME: home })
    expect(existsSync(join(home, '.cache', 'weir', 'compiled'))).toBe(true)
    expect((await weir({ HOME: home })).stderr).toMatch(/src\/main\.ts was accepted/)
    const elsewhere = join(home, 'elsewhere')
    await weir({ HOME: home, XDG_CACHE_HOME: elsewhere })
    expect(existsSync(join(elsewhere, 'weir'))).toBe(true)
    for (const env of [{}, { HOME: '/dev/null' }, { HOME: home, NODE_DISABLE_COMPILE_CACHE: '1' }])
      expect(await weir(env)).toMatchObject({ code: 0, stdout: expect.stringContaining('weir runs halt') as string })
  } finally {
    await rm(home, { recursive: true })
  }
})
