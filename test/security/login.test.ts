/**
 * A login that somebody else has their hands in: answers with another state, from another issuer, for another login, used
 * before or sent elsewhere. Against a real OpenID provider; each is refused, and no ID token comes of it.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { cryptoDice } from '../../src/base/dice.ts'
import { type Loopback, openLoopback } from '../../src/cli/loopback.ts'
import { beginLogin, type LoginRequest, type PendingLogin } from '../../src/identity/login/login.ts'
import { isLoginProblem } from '../../src/identity/login/login-problem.ts'
import { clickThrough, type PeopleIssuer, startPeopleIssuer } from '../support/person.ts'

let people: PeopleIssuer

beforeAll(async () => {
  people = await startPeopleIssuer()
})

afterAll(async () => {
  await people.stop()
})

const redirectUri = 'http://127.0.0.1:4711/callback'

async function begin(change: Partial<LoginRequest> = {}): Promise<PendingLogin> {
  const request = { issuer: people.issuer, clientId: 'weir-cli', redirectUri, scope: 'openid', maxAge_s: null }
  const pending = await beginLogin({ ...request, ...change }, cryptoDice())
  if (isLoginProblem(pending)) throw new Error(pending.sentence)
  return pending
}

/** The answer to a login whose URL was changed on the way to the browser. */
async function answerTo(
  { url }: PendingLogin,
  change: Readonly<Record<string, string>> = {},
): Promise<URLSearchParams> {
  const changed = new URL(url)
  for (const [name, value] of Object.entries(change)) changed.searchParams.set(name, value)
  return (await clickThrough(changed.href, 'tomas')).searchParams
}

function altered(answer: URLSearchParams, change: (answer: URLSearchParams) => void): URLSearchParams {
  const copy = new URLSearchParams(answer)
  change(copy)
  return copy
}

const mismatch = (what: string) => ({
  why: 'mismatch',
  sentence: expect.stringContaining(what) as string,
})

test('an answer as the provider gave it is a login', async () => {
  const pending = await begin({ maxAge_s: 600 })
  expect(await pending.finish(await answerTo(pending))).toMatchObject({ kind: 'login', subject: 'tomas' })
})

describe('threat 23: an answer that was changed is refused before its code is spent', () => {
  const changes: readonly (readonly [string, (answer: URLSearchParams) => void, string])[] = [
    ['with another state', (answer) => answer.set('state', 'f'.repeat(64)), '"state"'],
    ['without a state', (answer) => answer.delete('state'), '"state"'],
    ['with two states', (answer) => answer.append('state', 'f'.repeat(64)), '"state"'],
    ['of another issuer', (answer) => answer.set('iss', 'https://other.example'), '"iss"'],
    ['of no issuer', (answer) => answer.delete('iss'), '"iss"'],
    ['of two issuers', (answer) => answer.append('iss', 'https://other.example'), '"iss"'],
  ]
  test.each(changes)('%s', async (_what, change, named) => {
    const pending = await begin()
    const answer = await answerTo(pending)
    expect(await pending.finish(altered(answer, change))).toMatchObject(mismatch(named))
    expect(await pending.finish(answer)).toMatchObject({ kind: 'login' })
  })
})

test('a code that was used is used up', async () => {
  const pending = await begin()
  const answer = await answerTo(pending)
  expect(await pending.finish(answer)).toMatchObject({ kind: 'login' })
  expect(await pending.finish(answer)).toMatchObject({
    why: 'refused',
    sentence: expect.stringContaining('invalid_grant') as string,
  })
})

test('the code of another login does not fit the verifier of this one', async () => {
  const [mine, theirs] = [await begin(), await begin()]
  const code = (await answerTo(theirs)).get('code') ?? ''
  const injected = altered(await answerTo(mine), (answer) => answer.set('code', code))
  expect(await mine.finish(injected)).toMatchObject({ why: 'refused' })
})

test('an ID token with another nonce is not the one that was asked for', async () => {
  const pending = await begin()
  const answer = await answerTo(pending, { nonce: 'f'.repeat(64) })
  expect(await pending.finish(answer)).toMatchObject(mismatch('"nonce"'))
})

test('a code that was sent to another port is worth nothing here', async () => {
  const pending = await begin()
  const answer = await answerTo(pending, { redirect_uri: 'http://127.0.0.1:4712/callback' })
  expect(await pending.finish(answer)).toMatchObject({ why: 'refused' })
})

test.each(['http://127.0.0.1:4711/elsewhere', 'http://localhost.example/callback', 'https://127.0.0.1/callback'])(
  'the provider sends nobody to %s',
  async (elsewhere) => {
    await expect(answerTo(await begin(), { redirect_uri: elsewhere })).rejects.toThrow(/redirect_uri/)
  },
)

test('a person who says no is heard', async () => {
  const pending = await begin()
  const { searchParams } = new URL(pending.url)
  const refusal = { error: 'access_denied', state: searchParams.get('state') ?? '', iss: people.issuer }
  const answer = new URLSearchParams({ ...refusal, error_description: 'no\u001b[2Jthanks' })
  expect(pending.isOurs(answer)).toBe(true)
  expect(await pending.finish(answer)).toEqual({
    kind: 'login_problem',
    why: 'refused',
    sentence: `${people.issuer} refused with access_denied.`,
  })
})

test.each([
  ['http://idp.example', 'unusable'],
  ['ftp://127.0.0.1', 'unusable'],
  ['http://127.0.0.1:1', 'unreachable'],
])('no login begins at %s', async (issuer, why) => {
  const request = { issuer, clientId: 'weir-cli', redirectUri, scope: 'openid', maxAge_s: null }
  expect(await beginLogin(request, cryptoDice())).toMatchObject({ kind: 'login_problem', why })
})

describe('the listener', () => {
  async function listening(): Promise<Loopback> {
    const loopback = await openLoopback()
    onTestFinished(() => loopback.close())
    return loopback
  }

  const wait_ms = 20_000

  test('is on the loopback address, at a port of its own for each login', async () => {
    const [one, other] = [await listening(), await listening()]
    expect(one.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
    expect(one.redirectUri).not.toBe(other.redirectUri)
  })

  test('turns away whatever is not the answer, goes on waiting, and hears the answer once', async () => {
    const { redirectUri: here, answer } = await listening()
    const pending = await begin({ redirectUri: here })
    const heard = answer((given) => pending.isOurs(given), wait_ms)
    const good = await clickThrough(pending.url, 'tomas')
    const status = async (url: string, how: RequestInit = {}): Promise<number> => (await fetch(url, how)).status
    const forged = altered(good.searchParams, (params) => params.set('state', 'f'.repeat(64)))
    const twice = altered(good.searchParams, (params) => params.append('state', 'f'.repeat(64)))
    expect(await status(here)).toBe(400)
    expect(await status(`${here}?${forged.toString()}`)).toBe(400)
    expect(await status(`${here}?${twice.toString()}`)).toBe(400)
    expect(await status(`${here}/more${good.search}`)).toBe(400)
    expect(await status(good.href, { method: 'POST' })).toBe(400)
    expect(await status(good.href.replace('127.0.0.1', 'localhost'))).toBe(400)
    expect(await status(good.href)).toBe(200)
    expect(await status(good.href)).toBe(400)
    const given = await heard
    expect(given && (await pending.finish(given))).toMatchObject({ kind: 'login' })
  })

  test('does not wait for ever', async () => {
    const loopback = await listening()
    expect(await loopback.answer(() => true, 1)).toBeNull()
  })
})
