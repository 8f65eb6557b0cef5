/** A token endpoint on a paved road, with parts that believe exactly what a test tells them. */
import { anything } from '../../src/domain/authority.ts'
import type { AgentId, PersonId } from '../../src/domain/ids.ts'
import { isPersonId } from '../../src/domain/ids.ts'
import type { Confirmation, Delegation } from '../../src/domain/principal.ts'
import type { Revocable } from '../../src/domain/revocation.ts'
import { revoke } from '../../src/pipeline/revoke.ts'
import type { GrantEntry } from '../../src/domain/record.ts'
import { deny, type Denial } from '../../src/domain/verdict.ts'
import type { ClientMethod } from '../../src/identity/clients/client.ts'
import type { OwnToken } from '../../src/identity/tokens/own-tokens.ts'
import type { Subject } from '../../src/identity/clients/subject.ts'
import type { LiveRun } from '../../src/limits/live-run.ts'
import { serveIntrospection, serveRevocation } from '../../src/pipeline/oauth/introspect.ts'
import type { CallTokenFacts, TokenParts } from '../../src/pipeline/oauth/parts.ts'
import { serveToken } from '../../src/pipeline/oauth/serve-token.ts'
import type { Inbound } from '../../src/protocol/http.ts'
import { oauthRefusal } from '../../src/protocol/oauth/refusal.ts'
import { accessTokenType, grantTypes } from '../../src/protocol/oauth/words.ts'
import { agentId } from './hop.ts'
import { delegationOf, proofOf } from './principals.ts'
import { MemoryReply } from './reply.ts'
import { pave, type TestRoad } from './road.ts'

/** A form: one value each, or several where a test repeats a parameter. */
export type Params = Readonly<Record<string, string | readonly string[] | undefined>>

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
}

export interface TokenTrial extends TestRoad {
  /** What verifies, by the text it has. */
  readonly subjects: Map<string, Subject>
  readonly own: Map<string, OwnToken>
  /** Every token that was signed. */
  readonly minted: CallTokenFacts[]
  /** What the next step of the signer or the budget of peers answers, where a test says so. */
  busySigner: boolean
  peerWait_ms: number
  /** How clients prove themselves, and what that binds. */
  clientMethod: ClientMethod
  clientCert: Confirmation | null
  ask(params: Params, more?: Asking): Promise<Answer>
  askRaw(body: string, more?: Asking): Promise<Answer>
  introspect(params: Params): Promise<Answer>
  revoke(params: Params): Promise<Answer>
  grants(): readonly GrantEntry[]
  /** A run of the console for that person, with the delivery token of its call to the orchestrator. */
  /** Revokes an agent, a person or a token of ours, as an operator would. */
  withdraw(what: Revocable, name: string): Promise<void>
  delivered(person?: string): { readonly run: LiveRun; readonly delivery: Delegation }
}

interface Asking {
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
}

const url = 'http://weir.test'
export const audienceOf = (slug: string): string => `${url}/a2a/${slug}`

export function person(name: string): PersonId {
  const id = `user:${name}`
  if (!isPersonId(id)) throw new Error('a test names persons')
  return id
}

/** The parameters of an exchange by that client with that subject token. */
export function exchange(client: string, token: string, target: string, more: Params = {}): Params {
  const subject = { subject_token: token, subject_token_type: accessTokenType }
  return { grant_type: grantTypes.tokenExchange, ...as(client), ...subject, audience: audienceOf(target), ...more }
}

export function credentials(client: string, target: string, more: Params = {}): Params {
  return { grant_type: grantTypes.clientCredentials, ...as(client), audience: audienceOf(target), ...more }
}

export function assertion(client: string, token: string, target: string, more: Params = {}): Params {
  return {
    grant_type: grantTypes.jwtBearer,
    ...as(client),
    assertion: token,
    audience: audienceOf(target),
    ...more,
  }
}

/** What proves that client to the fakes. */
export function as(client: string): Params {
  return { client_assertion: `proof of ${client}` }
}

export function subjectOf(kind: Subject['kind'], holder: AgentId, change: Partial<Subject> = {}): Subject {
  return {
    kind,
    holder,
    person: null,
    issuer: 'https://idp.test',
    tokenId: 'subject-1',
    keyId: 'key',
    issuedAt: 1_800_000_000_000,
    expiresAt: 1_800_000_600_000,
    authority: anything,
    delegation: null,
    ext: null,
    login: null,
    boundTo: null,
    singleUse: kind === 'grant',
    ...change,
  }
}

/** The subject that a delivery token is. */
export function deliverySubject(delegation: Delegation, change: Partial<Subject> = {}): Subject {
  const { holder, person: who, tokenId, authority, expiresAt } = delegation
  const same = { person: who, tokenId, authority, expiresAt, delegation, issuer: 'weir' }
  return subjectOf('delivery', holder, { ...same, ...change })
}

const orchestratorRow = { may_start_runs: true, client: { autonomous: true } }

/** `agents` are members laid over those of the demo's agents. */
export async function openTokenTrial(
  over: Readonly<Record<string, unknown>> = {},
  agents: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
  policyDir = 'policy',
): Promise<TokenTrial> {
  const at = 'http://127.0.0.1:9/'
  const rows = {
    console: { groups: ['entrypoints'], may_start_runs: true },
    orchestrator: { url: at, ...orchestratorRow },
    research: { url: at, groups: ['subagents'] },
    writer: { groups: ['subagents'] },
    vault: { url: at },
  }
  const merged = Object.fromEntries(
    Object.entries({ ...rows, ...agents }).map(([slug, row]) => [slug, { ...rows[slug as keyof typeof rows], ...row }]),
  )
  const paved = await pave({ agents: merged, ...over }, policyDir)
  const clientMethod: ClientMethod = 'private_key_jwt'
  const trial = Object.assign(paved, {
    subjects: new Map<string, Subject>(),
    own: new Map<string, OwnToken>(),
    minted: [] as CallTokenFacts[],
    busySigner: false,
    peerWait_ms: 0,
    clientMethod,
    clientCert: null as Confirmation | null,
  })
  const { road } = trial
  road.snapshot = { ...road.snapshot, oauth: partsOf(trial) }
  const serveTo = async (serve: typeof serveToken, body: string, more: Asking = {}): Promise<Answer> => {
    const reply = new MemoryReply()
    await serve(road, inboundOf(body, more), reply)
    return {
      status: reply.status,
      headers: Object.fromEntries(reply.headers),
      body: JSON.parse(reply.text) as Answer['body'],
      text: reply.text,
    }
  }
  return Object.assign(trial, {
    ask: (params: Params, more?: Asking) => serveTo(serveToken, write(params), more),
    askRaw: (body: string, more?: Asking) => serveTo(serveToken, body, more),
    introspect: (params: Params) => serveTo(serveIntrospection, write(params)),
    revoke: (params: Params) => serveTo(serveRevocation, write(params)),
    grants: () => trial.entries.filter((entry) => entry.kind === 'grant'),
    async withdraw(what: Revocable, name: string) {
      await revoke(road, { what, name, reason: 'test', actor: 'ana', source: 'operator' })
    },
    delivered(name = 'tomas') {
      const root = agentId('agent:console')
      const holder = agentId('agent:orchestrator')
      const run = road.runs.open(root, person(name), trial.clock.now())
      if (run.kind === 'denial') throw new Error('there is room for a run')
      const where = { run: run.id, hop: null, depth: 1, chain: [root, holder], person: person(name), holder }
      const delivery = delegationOf({ ...where, tokenId: `txn-${run.id}`, expiresAt: trial.clock.now() + 600_000 })
      trial.subjects.set(delivery.tokenId, deliverySubject(delivery))
      return { run, delivery }
    },
  })
}

export function write(params: Params): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(params))
    for (const each of value === undefined ? [] : typeof value === 'string' ? [value] : value) form.append(name, each)
  return form.toString()
}

function inboundOf(body: string, { headers = {}, query = '' }: Asking): Inbound {
  return {
    method: 'POST',
    path: '/oauth/token',
    query,
    headers: new Map(Object.entries({ 'content-type': 'application/x-www-form-urlencoded', ...headers })),
    body: Buffer.from(body, 'latin1'),
    receivedAt: 0,
    startedAt: 0,
    peer: '127.0.0.1',
    clientCert: null,
  }
}

type Fakes = Pick<
  TokenTrial,
  'subjects' | 'own' | 'minted' | 'busySigner' | 'peerWait_ms' | 'clientMethod' | 'clientCert' | 'clock'
>

function partsOf(trial: Fakes): TokenParts {
  const used = new Set<string>()
  const badClient = oauthRefusal('invalid_client', 'Client authentication failed', 'no such proof')
  return {
    clients: {
      async authenticateClient(form) {
        const slug = /^proof of ([a-z-]{1,30})$/.exec(form.get('client_assertion') ?? '')?.[1]
        if (slug === undefined) return badClient
        const known = { credentialId: `c-${slug}`, issuer: 'weir', keyId: 'key', issuedAt: trial.clock.now() }
        const { clientMethod: method, clientCert: boundTo } = trial
        return { agent: agentId(`agent:${slug}`), method, ...known, boundTo, evidence: `evidence of ${slug}` }
      },
    },
    clientMethods: ['private_key_jwt', 'tls_client_auth'],
    subjects: {
      verifySubject: async (token) =>
        trial.subjects.get(token) ?? oauthRefusal('invalid_request', 'The subject token is not valid', 'unknown'),
      verifyGrant: async (token) =>
        trial.subjects.get(token) ?? oauthRefusal('invalid_grant', 'The assertion is not valid', 'unknown'),
    },
    dpop: {
      async checkDpop({ proof }) {
        const jkt = /^proof by (.+)$/.exec(proof)?.[1]
        if (jkt !== undefined) return { kind: 'dpop_proof', jkt, evidence: `hash of ${jkt}` }
        if (proof === 'busy') return { kind: 'dpop_refusal', error: 'busy', detail: 'full', nonce: null }
        const old = proof === 'old'
        const error = old ? 'use_dpop_nonce' : 'invalid_dpop_proof'
        return { kind: 'dpop_refusal', error, detail: 'no', nonce: old ? 'nonce-1' : null }
      },
    },
    minter: { mintCallToken: async (facts) => mint(trial, facts) },
    peers: { take: () => trial.peerWait_ms },
    readOwn: async (token) => trial.own.get(token) ?? null,
    mintTxn: async () => deny('busy', 'no Txn-Tokens here'),
    readTxn: async () => null,
    firstUse: (issuer, id) => used.size < used.add(`${issuer} ${id}`).size,
  }
}

async function mint(trial: Fakes, facts: CallTokenFacts): ReturnType<TokenParts['minter']['mintCallToken']> {
  await Promise.resolve()
  if (trial.busySigner) return busy()
  trial.minted.push(facts)
  const jti = `jti-${trial.minted.length}`
  const expiresAt = trial.clock.now() + facts.ttl_s * 1000
  const { audience, boundTo, authority } = facts
  const proof = proofOf(facts.agent, facts.person, { credentialId: jti, expiresAt, audience, boundTo, authority })
  return { raw: `raw ${jti}`, jti, proof, expires_in_s: facts.ttl_s }
}

function busy(): Denial {
  return deny('busy', 'the signer is full')
}
