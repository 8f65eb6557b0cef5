/** `weir keys` against a listener made of node:http, and `weir card verify` with a verifier that says what it is told. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CardVerdict } from '../../../src/cli/deps.ts'
import { type Ran, run } from './fake-deps.ts'

const key = { kid: 'abc', use: 'token', alg: 'ES256', source: 'file', published_at: 0, active_from: 1_800_000_000_000 }
const times = { retired_at: null, not_after: null, revoked_at: null }
const list = {
  schema: 'weir.keys/v1',
  keys: [
    { ...key, state: 'active', ...times },
    { ...key, kid: 'old', state: 'retired', retired_at: 1, not_after: 2, revoked_at: 1 },
  ],
}

let url = ''
let asked: string[] = []
const server = createServer((request, response) => void answer(request, response))

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = ''
  for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString()
  asked.push(`${request.method} ${request.url} ${body}`)
  if (body.includes('record')) response.writeHead(409).end(JSON.stringify({ detail: 'handed in', code: 'not_rotated' }))
  else response.end(JSON.stringify(list))
}

beforeAll(async () => {
  await new Promise<void>((up) => void server.listen(0, '127.0.0.1', up))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => void (asked = []))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const weir = (...args: readonly string[]): Promise<Ran> =>
  run(args, { env: { WEIR_URL: url, WEIR_ADMIN_TOKEN: 'secret' } })

test('the keys are a table, or the answer of the gateway on one line', async () => {
  const { code, stdout } = await weir('keys', 'ls')
  expect(await weir('keys')).toEqual({ code, stdout, stderr: '' })
  expect(code).toBe(0)
  expect(stdout).toMatch(/^USE .*\ntoken +active .*abc\ntoken +revoked .*old\n$/)
  expect(JSON.parse((await weir('keys', 'ls', '--json')).stdout)).toEqual(list)
})

test('a rotation says which key and how; to revoke one is asked about', async () => {
  expect((await weir('keys', 'rotate', '--now')).code).toBe(0)
  expect((await weir('keys', 'rotate', '--use', 'card', '--revoke')).code).toBe(2)
  expect((await weir('keys', 'rotate', '--use', 'card', '--revoke', '--yes')).code).toBe(0)
  expect(asked).toEqual([
    'POST /api/v1/keys/rotate {"use":"token","now":true,"revoke":false}',
    'POST /api/v1/keys/rotate {"use":"card","now":false,"revoke":true}',
  ])
})

test('a use that is none never reaches the gateway, and a key that is not its own to turn is no', async () => {
  expect((await weir('keys', 'rotate', '--use', 'password')).code).toBe(2)
  expect(asked).toEqual([])
  expect(await weir('keys', 'rotate', '--use', 'record')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('handed in') as string,
  })
})

test('a card whose signature holds is 0, one whose does not is 3', async () => {
  const verify = (verdict: CardVerdict, ...more: readonly string[]): Promise<Ran> =>
    run(['card', 'verify', 'card.json', '--jwks', 'jwks.json', ...more], {
      card: { verify: () => Promise.resolve(verdict) },
    })
  const holds = { valid: true, reason: null, signatures: [{ kid: 'abc', alg: 'ES256', problem: null }] }
  const broken = { valid: false, reason: 'the card is not signed', signatures: [] }
  expect(await verify(holds)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/valid\nKEY .*\nabc +ES256 +holds\n/) as string,
  })
  expect(await verify(broken)).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('not valid: the card is not signed') as string,
  })
  expect(JSON.parse((await verify(broken, '--json')).stdout)).toMatchObject({ schema: 'weir.card-verification/v1' })
  expect((await run(['card', 'verify', 'card.json', '--jwks', 'jwks.json'])).code).toBe(5)
})
