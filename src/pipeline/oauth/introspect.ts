/**
 * `POST /oauth/introspect` (RFC 7662) and `POST /oauth/revoke` (RFC 7009): what became of a token, and the end of it.
 * A client learns about tokens that it holds or that are for it; every other token looks like one that never was.
 */
import type { JsonObject } from '../../base/json.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Confirmation, Delegation, Principal } from '../../domain/principal.ts'
import { nameOfToken } from '../../domain/revocation.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import { sendWritten } from '../../protocol/jsonrpc.ts'
import { writeOAuthAnswer, writeOAuthRefusal } from '../../protocol/oauth/faces.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { resourceOf, type Road, type Snapshot } from '../road.ts'
import { revoke } from '../revoke.ts'
import { admitClient } from './admit-client.ts'
import type { OwnToken } from '../../identity/tokens/own-tokens.ts'
import { busy } from './visit.ts'

/** A token somebody asks about, and who asks. */
interface Question {
  readonly snapshot: Snapshot
  readonly client: AgentId
  /** Null for a token that is none of ours, or not any more. */
  readonly token: OwnToken | null
}

export async function serveIntrospection(road: Road, inbound: Inbound, reply: Reply): Promise<void> {
  const asked = await readQuestion(road, inbound)
  sendWritten(reply, isOAuthRefusal(asked) ? writeOAuthRefusal(asked) : writeOAuthAnswer(describe(road, asked)))
}

/** Whether there was anything to revoke stays unsaid (RFC 7009 section 2.2). */
export async function serveRevocation(road: Road, inbound: Inbound, reply: Reply): Promise<void> {
  const asked = await readQuestion(road, inbound)
  const refusal = isOAuthRefusal(asked) ? asked : await revokeOwn(road, asked)
  sendWritten(reply, refusal ? writeOAuthRefusal(refusal) : writeOAuthAnswer({}))
}

async function readQuestion(road: Road, inbound: Inbound): Promise<Question | OAuthRefusal> {
  const { snapshot } = road
  const admitted = await admitClient(road, snapshot, inbound)
  if (isOAuthRefusal(admitted)) return admitted
  const raw = admitted.form.get('token')
  if (raw === undefined) return oauthRefusal('invalid_request', 'token is missing')
  return { snapshot, client: admitted.client.agent, token: await snapshot.oauth.readOwn(raw, inbound.peer) }
}

async function revokeOwn(road: Road, { client, token }: Question): Promise<OAuthRefusal | null> {
  if (token?.holder !== client) return null
  const name = nameOfToken('weir', token.jti)
  const order = { what: 'token', name, reason: 'revoked by its holder', actor: client, source: 'client' } as const
  const done = await revoke(road, { ...order, until: token.expiresAt })
  return done.kind === 'revoked' ? null : busy('the table of revoked names is full')
}

const inactive: JsonObject = { active: false }

function describe(road: Road, { snapshot, client, token }: Question): JsonObject {
  if (!token || (token.holder !== client && token.audience !== resourceOf(snapshot, client))) return inactive
  if (road.revocations.epochs.refusalOf(principalOf(token))) return inactive
  const { delegation, authority } = token
  const run = delegation && road.runs.find(delegation.run)
  if (delegation && run?.state !== 'active') return inactive
  return {
    active: true,
    iss: snapshot.publicUrl,
    client_id: token.holder,
    sub: token.person ?? token.holder,
    sub_profile: token.person === null ? 'service' : 'user',
    ...(token.audience === null ? {} : { aud: token.audience }),
    token_type: token.boundTo?.kind === 'dpop' ? 'DPoP' : token.use === 'call' ? 'Bearer' : 'N_A',
    iat: Math.floor(token.issuedAt / 1000),
    exp: Math.floor(token.expiresAt / 1000),
    jti: token.jti,
    ...(authority.scopes === null ? {} : { scope: authority.scopes.join(' ') }),
    ...(authority.details === null ? {} : { authorization_details: authority.details }),
    ...(token.boundTo === null ? {} : { cnf: confirmation(token.boundTo) }),
    ...(delegation === null ? {} : chainOf(delegation)),
    ...(run ? { run: { state: run.state, ends_at: Math.floor(run.endsAt / 1000) } } : {}),
  }
}

function confirmation({ kind, thumbprint }: Confirmation): JsonObject {
  return kind === 'dpop' ? { jkt: thumbprint } : { 'x5t#S256': thumbprint }
}

/** RFC 8693 section 4.1: the newest actor is the outermost. */
function chainOf({ run, depth, depthMax, chain, lineage }: Delegation): JsonObject {
  const act = chain.reduce<JsonObject | null>((inner, sub) => (inner ? { sub, act: inner } : { sub }), null)
  const { root, prh, head } = lineage
  return { txn: run, ...(act ? { act } : {}), dlg: { v: 1, depth, max: depthMax, root, prh, head } }
}

function principalOf(token: OwnToken): Principal {
  const { holder: agent, jti: credentialId, delegation } = token
  const { person, keyId, issuedAt, expiresAt, audience, boundTo, authority } = token
  const when = { keyId, issuedAt, expiresAt }
  const what = { audience, boundTo, authority, delegation }
  return { proof: { kind: 'call_token', agent, person, credentialId, issuer: 'weir', ...when, ...what }, delegation }
}
