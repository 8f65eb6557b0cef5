/**
 * Two organisations with a Weir each, in processes of their own:
 *
 *     acme:  console -> orchestrator -> research -> desk-<disclosure> ..grant..> globex: acme -> desk -> archive
 *
 * Agents of acme pass a message on to the agents its text names; the desk of globex keeps what it received.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import type { LedgerEntry } from '../../src/domain/record.ts'
import { forge, issuerKey, keysIn, privateKeyOf } from './identity-kit.ts'
import { ledgerOf } from './ledger-entries.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from './scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir, writeConfig } from './weir.ts'
import { callHeaders, type Said, sendMessage } from './caller.ts'
import { writeFileSync } from 'node:fs'

export const acme = 'https://acme.example'
const globex = 'https://globex.example'
const initech = 'https://initech.example'
const policy = { dir: join(import.meta.dirname, '../../config/policy-open') }
export const levels = ['full', 'subset', 'actor_only'] as const
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

export interface TwoOrganisations {
  readonly acme: Weir
  readonly globex: Weir
  /** What the desk of globex received, oldest first. */
  readonly desk: ScriptedAgent
  /** What its archive received. */
  readonly archive: ScriptedAgent
  /** Says to the orchestrator of acme which agents the message goes through: `research desk-full`. */
  say(path: string): Promise<Said>
  entries(of: 'acme' | 'globex'): Promise<readonly LedgerEntry[]>
  /** A grant that acme signed, or whoever has that key, changed in a member or two. */
  grant(change?: object, by?: 'acme' | 'initech'): string
  /** Spends a grant at globex as one of the clients whose key is acme's. */
  spend(grant: string, client?: string, more?: Readonly<Record<string, string>>): Promise<Response>
  stop(): Promise<void>
}

/** An agent that passes on what it is told to, and says what came of it. */
async function passingOn(from: string, weir: () => string): Promise<ScriptedAgent> {
  return await startScriptedAgent(async ({ params, headers }) => {
    const [next, ...rest] = textOf(params).split(' ')
    if (!next) return completedTask(`${from} is done`)
    const answer = await fetch(`${weir()}/a2a/${next}/`, {
      method: 'POST',
      headers: { ...callHeaders(from), 'txn-token': String(headers['txn-token']) },
      body: sendMessage(rest.join(' ')),
    })
    return completedTask(await answer.text())
  })
}

function textOf(params: Readonly<Record<string, unknown>>): string {
  const { message } = params as { readonly message: { readonly parts: readonly { readonly text: string }[] } }
  return message.parts[0]?.text ?? ''
}

export async function openTwoOrganisations(): Promise<TwoOrganisations> {
  const urls = { acme: '', globex: '' }
  const orchestrator = await passingOn('orchestrator', () => urls.acme)
  const research = await passingOn('research', () => urls.acme)
  const writer = await passingOn('writer', () => urls.acme)
  const desk = await passingOn('desk', () => urls.globex)
  const archive = await passingOn('archive', () => urls.globex)
  const directory = mkdtempSync(join(tmpdir(), 'weir-acme-'))
  const configOf = (at: string): Parameters<typeof startWeir>[0] => ({
    gateway: { public_url: acme },
    policy,
    identity: {
      api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator'), apiKey('research'), apiKey('writer')],
    },
    agents: {
      console: { may_start_runs: true },
      orchestrator: { url: orchestrator.url },
      research: { url: research.url },
      writer: { url: writer.url },
      ...Object.fromEntries(levels.map((level) => [`desk-${level.replace('_', '-')}`, partnerRow(at, level)])),
    },
  })
  const us = await startWeir(configOf('http://127.0.0.1:9'), directory)
  urls.acme = us.url
  const stranger = issuerKey('initech-1')
  const strangerKeys = join(directory, 'initech.json')
  writeFileSync(strangerKeys, JSON.stringify({ keys: [stranger.jwk] }))
  const them = await startWeir(globexConfig({ jwks: `${us.url}/.well-known/jwks.json`, strangerKeys, desk, archive }))
  urls.globex = them.url
  // Now that the port of globex is known, acme learns of it as operators tell it: by its configuration.
  writeConfig(configOf(them.url), directory)
  const keys = keysIn(join(directory, 'state'), systemClock)
  const signers = {
    acme: { key: privateKeyOf(keys), kid: keys.kid },
    initech: { key: stranger.privateKey, kid: stranger.kid },
  }
  let made = 0
  const times = (): object => {
    made += 1
    const iat = Math.floor(Date.now() / 1000)
    return { jti: `crafted-${process.pid}-${made}`, iat, exp: iat + 120 }
  }
  const agents = [orchestrator, research, writer, desk, archive]
  return {
    acme: us,
    globex: them,
    desk,
    archive,
    async say(path) {
      const answer = await fetch(`${us.url}/a2a/orchestrator/`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'a2a-version': '1.0',
          authorization: `Bearer ${keyOf('console')}`,
        },
        body: sendMessage(path),
      })
      const text = await answer.text()
      return { status: answer.status, headers: answer.headers, body: JSON.parse(text) as Said['body'], text }
    },
    entries: (of) => ledgerOf(of === 'acme' ? us : them),
    grant(change = {}, by = 'acme') {
      const { key, kid } = signers[by]
      const who = { iss: acme, aud: globex, sub: 'eva', client_id: 'agent:acme', act: { sub: 'agent:research' } }
      return forge(key, { alg: 'ES256', typ: 'oauth-id-jag+jwt', kid }, { ...who, ...times(), ...change })
    },
    async spend(grant, client = 'agent:acme', more = {}) {
      const { key, kid } = signers.acme
      const who = { iss: client, sub: client, aud: globex, ...times() }
      const body = new URLSearchParams({
        grant_type: jwtBearer,
        assertion: grant,
        audience: `${globex}/a2a/desk`,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: forge(key, { alg: 'ES256', typ: 'JWT', kid }, who),
        ...more,
      })
      return await fetch(`${them.url}/oauth/token`, { method: 'POST', body })
    },
    async stop() {
      await Promise.all([us.stop(), them.stop(), ...agents.map(async (agent) => await agent.stop())])
    },
  }
}

/** The partner's agent as acme registers it. */
function partnerRow(at: string, disclosure: (typeof levels)[number]): object {
  return {
    url: `${at}/a2a/desk/`,
    external: true,
    credential: {
      mode: 'grant',
      token_endpoint: `${at}/oauth/token`,
      issuer: globex,
      client_id: 'agent:acme',
      audience: `${globex}/a2a/desk`,
      disclosure,
      person: disclosure === 'full' ? 'id' : 'pairwise',
    },
  }
}

interface GlobexParts {
  readonly jwks: string
  readonly strangerKeys: string
  readonly desk: ScriptedAgent
  readonly archive: ScriptedAgent
}

function globexConfig({ jwks, strangerKeys, desk, archive }: GlobexParts): Parameters<typeof startWeir>[0] {
  const clients = { 'agent:acme': 'acme', 'agent:acme-batch': 'acme-batch' }
  return {
    gateway: { public_url: globex },
    policy,
    identity: {
      api_keys: [apiKey('desk'), apiKey('archive')],
      partners: [
        { issuer: acme, jwks, clients, person_prefix: 'acme.example', depth_max: 5 },
        { issuer: initech, jwks: `file:${strangerKeys}`, clients, person_prefix: 'initech.example' },
      ],
    },
    agents: {
      acme: { external: true, may_start_runs: true, client: { jwks } },
      'acme-batch': { external: true, may_start_runs: true, client: { jwks } },
      desk: { url: desk.url },
      archive: { url: archive.url },
    },
  }
}
