/** What a script can rely on: exit codes, stdout for data alone, JSON with a schema, no surprise questions. */
import { expect, test } from 'vitest'
import type { ServeOptions } from '../../../src/cli/deps.ts'
import { problem } from '../../../src/cli/exit-codes.ts'
import { run } from './fake-deps.ts'

test('help goes to stdout, leads with examples and is a success', async () => {
  const { code, stdout, stderr } = await run(['--help'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Examples:\n {2}weir demo loop\n/)
  expect(stdout).not.toContain('docs')
  const groups = ['Begin:', 'Look and prove:', 'Decide and stop:', 'Agents:', 'Tools:', 'Tokens and keys:']
  expect([...stdout.matchAll(/^[A-Z][a-z ]+:$/gm)].map(([title]) => title)).toEqual([
    'Examples:',
    'Options:',
    ...groups,
  ])
})

test('every command has an example in its help', async () => {
  const all =
    'serve check agent tools runs hop approvals revoke restore token login keys card demo contain release revocations'
  for (const name of all.split(' ')) {
    const { code, stdout } = await run([name, '--help'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Examples:\n {2}weir /) as string })
  }
})

test.each([
  [['rnus'], 2, 'Did you mean runs?'],
  [['runs', 'shwo', 'run_1'], 2, 'Did you mean show?'],
  [['runs', '--jsn'], 2, 'Did you mean --json?'],
  [['runs', 'export'], 2, "missing required argument 'run'"],
  [['runs', 'halt', 'run_1'], 2, "required option '--reason <text>'"],
  [['token', 'mint'], 2, "required option '--agent <agent>'"],
  [['serve', '--confg', 'x'], 64, 'Did you mean --config?'],
  [[], 2, 'Examples:'],
])('%j is a usage error %i that helps', async (args, code, text) => {
  const ran = await run(args)
  expect(ran).toEqual({ code, stdout: '', stderr: expect.stringContaining(text) as string })
})

test('the version is the one of the package', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' })
})

test('serve hands its options on and its exit code back', async () => {
  const seen: ServeOptions[] = []
  const serve = (options: ServeOptions) => Promise.resolve(seen.push(options) + 77)
  expect((await run(['serve', '-c', 'x.yaml', '--log-level', 'debug'], { serve })).code).toBe(78)
  expect(seen).toEqual([{ configPath: 'x.yaml', logLevel: 'debug' }])
})

test('check says no with 3, and lists the problems for machines', async () => {
  const check = (path: string) => Promise.resolve({ ok: false, text: `${path}:4:23 bad`, problems: [{ line: 4 }] })
  expect(await run(['check', 'a.yaml'], { check })).toEqual({ code: 3, stdout: 'a.yaml:4:23 bad\n', stderr: '' })
  const { code, stdout } = await run(['check', 'a.yaml', '--json'], { check })
  expect({ code, ...JSON.parse(stdout) }).toEqual({
    code: 3,
    schema: 'weir.check/v1',
    ok: false,
    file: 'a.yaml',
    problems: [{ line: 4 }],
  })
})

test('check of a good file is a success, and colour follows the terminal', async () => {
  const check = (_path: string, { color }: { color: boolean }) =>
    Promise.resolve({ ok: true, text: `${color}`, problems: [] })
  expect(await run(['check'], { check })).toEqual({ code: 0, stdout: 'false\n', stderr: '' })
  expect((await run(['check'], { check, isTTY: true })).stdout).toBe('true\n')
  expect((await run(['check'], { check, isTTY: true, env: { NO_COLOR: '1' } })).stdout).toBe('false\n')
})

test('a minted token is alone on stdout', async () => {
  interface Asked {
    readonly agent: string
    readonly person: string | null
    readonly ttl_s: number | null
    readonly to: string | null
  }
  const mint = ({ agent, person, ttl_s, to }: Asked) =>
    Promise.resolve({ token: `t.${ttl_s}.${to}`, agent: `agent:${agent}`, person, expires_at: 1_800_000_120_000 })
  const token = { mint, inspect: () => Promise.resolve(problem('failed', '')) }
  const ran = await run(['token', 'mint', '--agent', 'a', '--for', 'user:tomas', '--ttl', '60', '--to', 'b'], { token })
  expect(ran).toMatchObject({ code: 0, stdout: 't.60.b\n' })
  expect(ran.stderr).toBe(
    'Token of agent:a for user:tomas, until 2027-01-15T08:02:00Z. It is shown once; Weir keeps no copy.\n',
  )
  expect((await run(['token', 'mint', '--agent', 'a', '--ttl', 'soon'], { token })).code).toBe(2)
  const json = await run(['token', 'mint', '--agent', 'a', '--json'], { token })
  expect(JSON.parse(json.stdout)).toMatchObject({ schema: 'weir.token/v1', token: 't.null.null' })
})

test('docs write lists what it wrote', async () => {
  expect(await run(['docs', 'write'])).toMatchObject({ code: 0, stdout: 'docs/reference/denials.md\n' })
})
