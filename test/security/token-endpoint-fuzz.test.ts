/** Whatever is sent to the token endpoint, it answers in JSON, below 500, with one entry, and never with a token. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oauthErrors } from '../../src/protocol/oauth/refusal.ts'
import { accessTokenType, grantTypes } from '../../src/protocol/oauth/words.ts'
import { type Answer, audienceOf, openTokenTrial, type TokenTrial, write } from '../support/token-endpoint.ts'

const names =
  'grant_type subject_token subject_token_type actor_token actor_token_type assertion requested_token_type audience resource scope authorization_details run_id budget_usd_u budget_tokens client_assertion __proto__ constructor x'.split(
    ' ',
  )
/** Values that are right somewhere, so that the walk gets behind the first check; no subject is ever right. */
const right = [accessTokenType, audienceOf('research'), audienceOf('nobody'), 'proof of orchestrator', 'read']
const json = ['[{"type":"agent_invoke","targets":["research"]}]', '[]', '{}', 'null', '[[[[[[[[[[1]]]]]]]]]]']
const odd = ['proof of nobody', '-1', '1e9', '9007199254740993', '\0', '\r\nset-cookie: a', '\u{202e}', '', ' ']
const values = [...Object.values(grantTypes), ...right, ...json, ...odd]
const pair = fc.tuple(fc.constantFrom(...names), fc.oneof(fc.constantFrom(...values), fc.string({ unit: 'binary' })))

async function expectRefused(trial: TokenTrial, ask: () => Promise<Answer>): Promise<void> {
  trial.entries.length = 0
  trial.clock.advance(60)
  const answer = await ask()
  expect(answer.status).toBeLessThan(500)
  expect(Object.keys(oauthErrors)).toContain(answer.body['error'])
  expect(answer.headers['content-type']).toBe('application/json')
  expect([answer.body['access_token'], trial.minted]).toEqual([undefined, []])
  expect(trial.grants()).toMatchObject([{ decision: 'deny', error: answer.body['error'] }])
  expect(trial.road.runs.list()).toEqual([])
}

/** The walk must not find the one way in: a client that may act for itself. */
const rows = { orchestrator: { client: { autonomous: false } } }

test('parameters that are missing, repeated, mixed up or nonsense', async () => {
  const trial = await openTokenTrial({}, rows)
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { maxLength: 16 }), async (pairs) => {
      const form = new URLSearchParams()
      for (const [name, value] of pairs) form.append(name, value.toWellFormed())
      await expectRefused(trial, () => trial.askRaw(form.toString()))
    }),
    { numRuns: 2000 },
  )
})

test('a whole request with one parameter taken out, doubled or replaced', async () => {
  const trial = await openTokenTrial({}, rows)
  const whole = Object.entries({
    grant_type: grantTypes.tokenExchange,
    client_assertion: 'proof of orchestrator',
    subject_token: 'almost',
    subject_token_type: accessTokenType,
    audience: audienceOf('research'),
    scope: 'read',
    authorization_details: '[]',
  })
  const change = fc.tuple(
    fc.nat(whole.length - 1),
    fc.constantFrom('out', 'twice', 'other'),
    fc.constantFrom(...values),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const params = new Map<string, readonly string[]>(whole.map(([name, value]) => [name, [value]]))
      for (const [at, how, value] of changes) {
        const name = whole[at]?.[0] ?? ''
        params.set(name, how === 'out' ? [] : how === 'twice' ? [value, value] : [value])
      }
      await expectRefused(trial, () => trial.askRaw(write(Object.fromEntries(params))))
    }),
    { numRuns: 1000 },
  )
})

test('bytes that are no form at all', async () => {
  const trial = await openTokenTrial({}, rows)
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[%&=+a-f0-9]{0,80}$/)),
      async (body) => {
        await expectRefused(trial, () => trial.askRaw(body))
      },
    ),
    { numRuns: 1000 },
  )
})
