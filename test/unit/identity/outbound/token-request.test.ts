import { expect, test } from 'vitest'
import { Secret } from '../../../../src/config/secret.ts'
import { type Denial, isDenial } from '../../../../src/domain/verdict.ts'
import type { Obtained } from '../../../../src/identity/outbound/token-pool.ts'
import { requestToken, type TokenPlace } from '../../../../src/identity/outbound/token-request.ts'

const endpoint = 'https://as.test/token'
const place: TokenPlace = {
  token_endpoint: `${endpoint}?hidden=query-canary`,
  issuer: 'https://as.test',
  client_id: 'weir',
  client_secret: new Secret('secret-canary'),
  audience: 'https://api.test',
  scope: 'a2a',
}

interface Asked {
  readonly url: string
  readonly init: RequestInit
}

/** What comes of a request that is answered like this. */
async function ask(answer: () => Response | Promise<Response>, asked: Asked[] = []): Promise<Obtained | Denial> {
  const fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    asked.push({ url: url instanceof Request ? url.url : String(url), init: init ?? {} })
    return await answer()
  }
  const parts = { sign: async () => 'a.b.c', jti: () => 'j', now_s: () => 1_800_000_000, fetch }
  return await requestToken(place, { grant: 'client_credentials', parameters: {} }, parts)
}

function json(body: object, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers })
}

test('the answer gives the token and its life, and the request says who asks for what', async () => {
  const asked: Asked[] = []
  const answer = await ask(() => json({ access_token: 'abc', token_type: 'Bearer', expires_in: 90 }, 200), asked)
  expect(answer).toEqual({ token: 'abc', lifetime_ms: 90_000 })
  const init = asked[0]?.init
  const body = init?.body
  expect(body instanceof URLSearchParams && Object.fromEntries(body)).toEqual({
    grant_type: 'client_credentials',
    audience: 'https://api.test',
    scope: 'a2a',
  })
  expect(init).toMatchObject({ method: 'POST', redirect: 'manual' })
})

test('a life that is not said is short, and one that is too long is a day', async () => {
  const bearer = { access_token: 'abc', token_type: 'bearer' }
  expect(await ask(() => json(bearer))).toMatchObject({ lifetime_ms: 60_000 })
  expect(await ask(() => json({ ...bearer, expires_in: 1e9 }))).toMatchObject({ lifetime_ms: 86_400_000 })
})

const timeout = (): never => {
  throw new DOMException('late canary', 'TimeoutError')
}
const refused = (): never => {
  throw new TypeError('fetch failed for canary', { cause: { code: 'ECONNREFUSED' } })
}

test.each([
  [
    'an OAuth error',
    () => json({ error: 'invalid_client', error_description: 'canary' }, 401),
    'answered 401 invalid_client',
  ],
  [
    'an error behind a challenge',
    () => json({ error: 'invalid_client' }, 401, { 'www-authenticate': 'Basic realm="canary"' }),
    'answered 401 invalid_client',
  ],
  [
    'an error that is no word',
    () => json({ error: 'my secret canary' }, 400),
    'answered 400 for a reason it did not name',
  ],
  [
    'a redirect',
    () => new Response(null, { status: 307, headers: { location: 'https://evil.test/canary' } }),
    'answered 307',
  ],
  ['a page', () => new Response('<p>canary', { headers: { 'content-type': 'text/html' } }), 'answered 200'],
  [
    'a token for proofs of possession',
    () => json({ access_token: 'canary', token_type: 'DPoP' }),
    'gave no bearer token',
  ],
  [
    'a token that breaks a header',
    () => json({ access_token: 'canary\r\nx: y', token_type: 'bearer' }),
    'gave no bearer token',
  ],
  ['an endless answer', () => new Response('x'.repeat(70_000)), 'too_large'],
  ['silence', timeout, 'did not answer in time'],
  ['nobody there', refused, 'could not be asked: ECONNREFUSED'],
])(
  '%s is upstream_unavailable with the endpoint and a code, and nothing that was sent or said',
  async (_what, answer, says) => {
    const denial = await ask(answer)
    expect(isDenial(denial) && denial.code).toBe('upstream_unavailable')
    expect(JSON.stringify(denial)).toContain(`${endpoint} `)
    expect(JSON.stringify(denial)).toContain(says)
    expect(JSON.stringify(denial)).not.toContain('canary')
  },
)
