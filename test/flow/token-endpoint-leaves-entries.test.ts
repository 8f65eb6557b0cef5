/** The token endpoint over a real socket: every request, also that of nobody, is answered in JSON and leaves one entry. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { LedgerEntry } from '../../src/domain/record.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { namesIn } from '../support/names.ts'
import { startWeir } from '../support/weir.ts'

test('a request of nobody is refused in JSON and is in the ledger after a stop', async () => {
  const weir = await startWeir({ agents: { research: { url: 'http://127.0.0.1:9/' } } })
  onTestFinished(() => rmSync(weir.directory, { recursive: true, force: true }))
  const ask = async (path: string, body: string): Promise<Response> => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return await fetch(weir.url + path, { method: 'POST', headers, body })
  }
  const type = encodeURIComponent('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  const asserted = `grant_type=client_credentials&client_assertion_type=${type}&client_assertion=forged`
  const forged = await ask('/oauth/token', asserted)
  expect([forged.status, await forged.json()]).toMatchObject([401, { error: 'invalid_client' }])
  const twice = await ask('/oauth/token', 'scope=a&scope=b')
  expect([twice.status, await twice.json()]).toMatchObject([400, { error: 'invalid_request' }])
  expect((await ask('/oauth/introspect', 'token=x')).status).toBe(401)
  expect((await fetch(`${weir.url}/oauth/token`)).status).toBe(405)
  const metadata: unknown = await (await fetch(`${weir.url}/.well-known/oauth-authorization-server`)).json()
  expect(metadata).toMatchObject({ issuer: 'http://weir.test', token_endpoint: 'http://weir.test/oauth/token' })

  await weir.kill('SIGTERM')
  const entries: LedgerEntry[] = []
  for await (const item of readLedger(
    join(weir.directory, 'state', 'ledger'),
    0,
    namesIn(join(weir.directory, 'state')),
  ))
    if (item.kind === 'entry') entries.push(item.entry)
  expect(entries.filter((entry) => entry.kind === 'grant')).toMatchObject([
    { decision: 'deny', error: 'invalid_client', agent: null, jti: null },
    { decision: 'deny', error: 'invalid_request', agent: null, jti: null },
  ])
}, 60_000)
