/** From a person at a browser to the agent that is called for them: `weir login`, a real OpenID provider, a real gateway. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, importJWK } from 'jose'
import * as oauth from 'oauth4webapi'
import { expect, onTestFinished, test } from 'vitest'
import { sendMessage } from '../support/caller.ts'
import { clickThrough, startPeopleIssuer } from '../support/person.ts'
import { onlyKey, registerClient } from '../support/registered-client.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { startWeir } from '../support/weir.ts'

interface Kept {
  readonly access_token: string
  readonly token_type: string
  readonly resource: string
  readonly dpop_jwk: Readonly<Record<string, string>>
}

test('in prod a person logs in, and the agent that is called learns who it is for', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-login-'))
  const people = await startPeopleIssuer()
  const me = await registerClient('console', directory)
  const orchestrator = await startScriptedAgent(() => completedTask('the price of copper'))
  const weir = await startWeir(
    {
      gateway: { public_url: undefined, environment: 'prod' },
      identity: { people: [people.row('console')] },
      agents: {
        console: { groups: ['entrypoints'], may_start_runs: true, client: me.row },
        orchestrator: { url: orchestrator.url },
      },
    },
    directory,
  )
  onTestFinished(async () => {
    await Promise.all([weir.stop(), orchestrator.stop(), people.stop()])
  })
  const key = join(directory, 'console.jwk')
  writeFileSync(key, JSON.stringify(onlyKey(me).privateJwk), { mode: 0o600 })
  const out = join(directory, 'token.json')
  const began_s = Math.floor(Date.now() / 1000)
  const ran = await logIn(
    ['--issuer', people.issuer, '--client-id', 'weir-cli', '--max-age', '600', '--gateway', weir.url].concat([
      '--to',
      'orchestrator',
      '--agent',
      'console',
      '--key',
      key,
      '--out',
      out,
    ]),
    'tomas',
  )
  expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('Logged in as tomas.') as string })

  const kept = JSON.parse(readFileSync(out, 'utf8')) as Kept
  expect(statSync(out).mode & 0o777).toBe(0o600)
  expect(ran.stdout).toBe(`${kept.access_token}\n`)
  const claims = decodeJwt(kept.access_token)
  expect(claims).toMatchObject({
    sub: 'user:tomas',
    sub_profile: 'user',
    client_id: 'agent:console',
    aud: kept.resource,
  })
  expect(claims['auth_time']).toBeGreaterThanOrEqual(began_s - 5)

  expect(await callWith(kept)).toContain('the price of copper')
  const delivered = decodeJwt(String(orchestrator.asked.at(-1)?.headers['txn-token']))
  expect(delivered).toMatchObject({ sub: 'user:tomas', act: { sub: 'agent:console' }, txn: claims['txn'] })
})

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `weir login` and is the person it asks to go somewhere. */
async function logIn(args: readonly string[], name: string): Promise<Ran> {
  const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts')
  const child = spawn(process.execPath, [main, 'login', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ran = { stdout: '', stderr: '' }
  let went = false
  child.stdout.on('data', (chunk: Buffer) => (ran.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    ran.stderr += chunk.toString()
    const [, url] = /^(http:\S+)\n/m.exec(ran.stderr) ?? []
    if (url === undefined || went) return
    went = true
    void clickThrough(url, name).then(
      async (redirect) => await fetch(redirect),
      (error: unknown) => {
        ran.stderr += String(error)
        child.kill()
      },
    )
  })
  const code = await new Promise<number>((resolve) => child.once('close', (ended) => resolve(ended ?? -1)))
  return { code, ...ran }
}

/** A call as any DPoP client makes it, with what the file says. */
async function callWith({ access_token, resource, dpop_jwk }: Kept): Promise<string> {
  const { d: _private, ...publicJwk } = dpop_jwk
  const [privateKey, publicKey] = await Promise.all([
    importJWK(dpop_jwk, 'ES256'),
    importJWK(publicJwk, 'ES256', { extractable: true }),
  ])
  if (privateKey instanceof Uint8Array || publicKey instanceof Uint8Array) throw new Error('no key pair')
  const client: oauth.Client = { client_id: 'agent:console' }
  const DPoP = oauth.DPoP(client, { privateKey, publicKey })
  const headers = new Headers({ 'content-type': 'application/json', 'a2a-version': '1.0' })
  const options = { DPoP, [oauth.allowInsecureRequests]: true }
  const call = async (): Promise<Response> =>
    await oauth.protectedResourceRequest(access_token, 'POST', new URL(resource), headers, sendMessage('hi'), options)
  const answer = await call().catch(async (error: unknown) => {
    if (!oauth.isDPoPNonceError(error)) throw error
    return await call()
  })
  return await answer.text()
}
