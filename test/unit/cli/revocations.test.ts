/** `weir contain`, `revoke` and their opposites ask the right route with the right words, and change nothing unasked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Ran, run } from './fake-deps.ts'
import { now } from './sample-run.ts'

/** A thumbprint that reads like an option. */
const dashed = '-CSslyDcWUrGq622rWelScQBNIPmH_RWgVELRTIQgqw'
let url = ''
let asked: { path: string; body: string }[] = []

const row = {
  what: 'person',
  name: 'user:tomas',
  epoch: now / 1000,
  contained: false,
  reason: 'left\u001b[2J',
  actor: 'ana',
  source: 'operator',
  at: now - 60_000,
  until: null,
}

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const path = request.url ?? ''
    asked.push({ path, body })
    const lifted = path.includes('restore') || path.endsWith('release')
    const done = {
      schema: 'weir.revocation/v1',
      ...row,
      contained: path.endsWith('contain'),
      lifted,
      ended: path.includes('idle') ? 0 : 2,
    }
    const full = { title: 'No', status: 409, detail: 'the table is full', code: 'revocations_full' }
    if (path === '/api/v1/revocations')
      response.end(JSON.stringify({ schema: 'weir.revocations/v1', revocations: [row, { ...row, what: 'key' }] }))
    else if (path.includes('full')) response.writeHead(409).end(JSON.stringify(full))
    else response.end(JSON.stringify(done))
  })
})

beforeAll(async () => {
  await new Promise<void>((up) => void server.listen(0, '127.0.0.1', up))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => void (asked = []))
afterAll(() => void server.close())

function weir(...args: readonly string[]): Promise<Ran> {
  return run(args, { env: { WEIR_URL: url, WEIR_ADMIN_TOKEN: 'secret' } })
}

test.each([
  ['contain research', '/api/v1/agents/research/contain', /is contained; 2 open calls were ended/],
  ['release research', '/api/v1/agents/research/release', /counts again/],
  ['revoke agent research', '/api/v1/agents/research/revoke', /is revoked; 2 open calls/],
  ['restore agent research', '/api/v1/agents/research/release', /counts again/],
  ['revoke person user:tomas', '/api/v1/people/user%3Atomas/revoke', /is revoked/],
  ['restore person tomas', '/api/v1/people/tomas/restore', /counts again/],
  ['revoke key k1', '/api/v1/keys/k1/revoke', /is revoked/],
  [`revoke key ${dashed}`, `/api/v1/keys/${dashed}/revoke`, /is revoked/],
  [`restore key ${dashed}`, `/api/v1/keys/${dashed}/restore`, /counts again/],
  ['revoke token j1', '/api/v1/tokens/revoke', /is revoked/],
  ['revoke everything', '/api/v1/revoke-everything', /is revoked/],
  ['restore everything', '/api/v1/restore-everything', /counts again/],
])('weir %s asks %s', async (line, path, said) => {
  const { code, stdout } = await weir(...line.split(' '), '--reason', ' why ', '--yes')
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(said) as string })
  const jti = line.includes('token') ? { jti: 'j1' } : {}
  expect(asked.map(({ path, body }) => [path, JSON.parse(body) as unknown])).toEqual([
    [path, { reason: 'why', ...jti }],
  ])
})

test('an order that ended nothing says so', async () => {
  const { stdout } = await weir('contain', 'idle', '--reason', 'x', '--yes')
  expect(stdout).toBe('user:tomas is contained; no open call rested on it.\n')
})

test('a token of another issuer is named by that issuer too', async () => {
  await weir('revoke', 'token', 'j1', '--issuer', 'https://idp.example', '--reason', 'x', '--yes')
  expect(asked[0]?.body).toBe('{"reason":"x","jti":"j1","iss":"https://idp.example"}')
})

test.each([
  ['revoke person tomas --reason x', 'add --yes'],
  ['revoke planet earth --reason x --yes', 'not planet'],
  ['revoke person --reason x --yes', 'Which person?'],
  ['revoke everything now --reason x --yes', 'everything takes no name'],
  ['contain research --yes', '--reason'],
])('weir %s is a mistake and changes nothing', async (line, said) => {
  expect(await weir(...line.split(' '))).toMatchObject({ code: 2, stderr: expect.stringContaining(said) as string })
  expect(asked).toEqual([])
})

test('a full table is said as what it is', async () => {
  const { code, stderr } = await weir('revoke', 'key', 'full', '--reason', 'x', '--yes')
  expect([code, stderr]).toEqual([3, expect.stringContaining('revocations_full')])
})

test('the list says since when and by whom, with nothing in it that acts on the terminal', async () => {
  const { stdout } = await weir('revocations')
  expect(stdout).toMatch(
    /^NAME +STATE +ISSUED BEFORE +AGE +BY +REASON\nuser:tomas +revoked +\d{4}-.*Z +1m00s +ana +left/,
  )
  expect(stdout).toContain('any time')
  expect(stdout).not.toContain('\u001b')
  expect((await weir('revocations', '--json')).stdout).toMatch(/^\{"schema":"weir.revocations\/v1"/)
})
