import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findCallers } from '../../../src/admin/callers.ts'
import { json, type Route, serveAdmin } from '../../../src/admin/routes.ts'
import { adminToken, adminTokenPath } from '../../../src/admin/token.ts'
import { countingDice } from '../../../src/base/dice.ts'
import { MemoryReply } from '../../support/reply.ts'
import { headersOf } from '../../support/road.ts'

const facts = { summary: '', answers: null }
const routes: readonly Route[] = [
  { method: 'GET', path: '/livez', may: 'open', ...facts, answer: () => json(200, {}) },
  { method: 'GET', path: '/things/:id', may: 'look', ...facts, answer: ({ parameters }) => json(200, parameters) },
  { method: 'POST', path: '/things/:id', may: 'look', ...facts, answer: () => json(201, {}) },
]
const operator = { authorization: 'Bearer secret' }

async function ask(method: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<MemoryReply> {
  const reply = new MemoryReply()
  const all = new Map(Object.entries({ host: '127.0.0.1:8081', ...headers }))
  const rest = { query: '', body: Buffer.alloc(0), receivedAt: 0, startedAt: 0, peer: '127.0.0.1', clientCert: null }
  await serveAdmin(
    routes,
    findCallers('secret', () => []),
  )({ method, path, headers: all, ...rest }, reply)
  return reply
}

describe('the admin surface', () => {
  test.each([
    ['GET', '/livez', {}, 200],
    ['GET', '/things/7', operator, 200],
    ['POST', '/things/7', operator, 201],
    ['GET', '/things/7', {}, 401],
    ['GET', '/things/7', { authorization: 'Bearer secreT' }, 401],
    ['GET', '/things/7', { authorization: 'Bearer ' }, 401],
    ['GET', '/nothing', operator, 404],
    ['POST', '/livez', {}, 405],
    ['PUT', '/things/7', operator, 405],
    ['PUT', '/things/7', {}, 401],
    ['GET', '/livez', { host: 'rebound.example' }, 403],
    ['GET', '/livez', { host: 'localhost.evil.example' }, 403],
    ['GET', '/things/7', { ...operator, origin: 'http://127.0.0.1:8081' }, 403],
  ])('answers %s %s with %j by %i', async (method, path, headers, status) => {
    expect((await ask(method, path, headers)).status).toBe(status)
  })

  test('names the methods of a path that has none of that name', async () => {
    expect(headersOf(await ask('PUT', '/things/7', operator)).allow).toBe('GET, POST')
  })
})

describe("the operator's token", () => {
  test('is made once, for its owner only', () => {
    const dir = mkdtempSync(join(tmpdir(), 'weir-token-'))
    const token = adminToken(dir, countingDice())
    expect([token.length, adminToken(dir, countingDice(9))]).toEqual([64, token])
    expect(statSync(adminTokenPath(dir)).mode & 0o777).toBe(0o600)
  })

  test.each(['', '\n', 'short\n'])('is made again where a crash or an accident left only %j', (left) => {
    const dir = mkdtempSync(join(tmpdir(), 'weir-token-'))
    writeFileSync(adminTokenPath(dir), left, { mode: 0o644 })
    const token = adminToken(dir, countingDice())
    expect([token.length, readFileSync(adminTokenPath(dir), 'utf8').trim()]).toEqual([64, token])
    expect(statSync(adminTokenPath(dir)).mode & 0o777).toBe(0o600)
  })
})
