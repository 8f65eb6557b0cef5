/** `weir login` at the terminal: what it asks for, where the token goes, and what it says when it goes wrong. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { BoundToken, CliDeps } from '../../../src/cli/deps.ts'
import { problem } from '../../../src/cli/exit-codes.ts'
import { now } from './sample-run.ts'
import { run } from './fake-deps.ts'

const token: BoundToken = {
  access_token: 'the-token',
  token_type: 'DPoP',
  expires_at: now + 120_000,
  resource: 'https://weir.example/a2a/writer',
  dpop_jwk: { kty: 'EC', d: 'private' },
}

/** A person who comes back at once, with an answer in the state that was asked for. */
function comingBack(change: Partial<CliDeps['login']> = {}): Pick<CliDeps, 'login'> {
  const login: CliDeps['login'] = {
    begin: async ({ redirectUri }) => {
      setTimeout(() => void fetch(`${redirectUri}?state=ours&code=1`), 0)
      return await Promise.resolve({
        url: 'https://idp.example/authorize?state=ours',
        isOurs: (answer) => answer.get('state') === 'ours',
        finish: (answer) => Promise.resolve({ idToken: `id-token-${answer.get('code')}`, subject: 'tomas\u001b' }),
      })
    },
    exchange: () => Promise.resolve(token),
    ...change,
  }
  return { login }
}

const idp = ['login', '--issuer', 'https://idp.example', '--client-id', 'weir-cli']
const to = ['--to', 'writer', '--agent', 'console', '--key', 'console.jwk']

test('without an agent to call, stdout holds the ID token and nothing else', async () => {
  const { code, stdout, stderr } = await run(idp, comingBack())
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'id-token-1\n' })
  expect(stderr).toContain('https://idp.example/authorize?state=ours\n')
  expect(stderr).not.toContain('\u001b')
})

test('token and key go into a file for its owner alone, whatever was there before', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-login-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const out = join(dir, 'token.json')
  writeFileSync(out, 'old', { mode: 0o666 })
  const { code, stdout } = await run([...idp, ...to, '--out', out], comingBack())
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'the-token\n' })
  expect(statSync(out).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(token)
})

test('with --json everything is in one object', async () => {
  const { code, stdout } = await run([...idp, ...to, '--json'], comingBack())
  expect({ code, ...(JSON.parse(stdout) as object) }).toEqual({ code: 0, schema: 'weir.login/v1', ...token })
})

test.each([
  [['--to', 'writer'], '--to needs --agent and --key'],
  [to, 'worth nothing without the key'],
  [['--timeout', '0'], '--timeout takes'],
  [['--timeout', 'soon'], '--timeout takes'],
  [['--max-age', '-1'], '--max-age takes'],
])('%j is refused before anybody is asked', async (args, sentence) => {
  const { code, stdout, stderr } = await run([...idp, ...args])
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(sentence) as string })
})

test.each([
  ['the issuer cannot be asked', [], { begin: () => Promise.resolve(problem('unreachable', 'nobody there')) }, 7],
  ['the gateway refuses', [...to, '--json'], { exchange: () => Promise.resolve(problem('denied', 'no')) }, 6],
  ['the file cannot be written', [...to, '--out', '/no/such/folder/token.json'], {}, 1],
] as const)('where %s the code says so and stdout holds nothing', async (_what, args, change, code) => {
  expect(await run([...idp, ...args], comingBack(change))).toMatchObject({ code, stdout: '' })
})

test('where nobody comes back the wait ends', async () => {
  const begin: CliDeps['login']['begin'] = () =>
    Promise.resolve({
      url: 'https://idp.example/',
      isOurs: () => true,
      finish: () => Promise.resolve(problem('failed', '')),
    })
  const { code, stderr } = await run([...idp, '--timeout', '1'], comingBack({ begin }))
  expect({ code, stderr }).toEqual({ code: 8, stderr: expect.stringContaining('Nobody logged in') as string })
})
