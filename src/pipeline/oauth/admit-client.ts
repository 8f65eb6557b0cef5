/** The way in of all three endpoints: what a stranger may cost, the form, and which client it is. */
import type { AgentId } from '../../domain/ids.ts'
import type { CredentialKind, Principal } from '../../domain/principal.ts'
import type { ClientMethod, ClientProof, Form } from '../../identity/clients/client.ts'
import type { Inbound } from '../../protocol/http.ts'
import { readForm } from '../../protocol/oauth/form.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { anything } from '../../domain/authority.ts'
import type { Road, Snapshot } from '../road.ts'
import { busy, refusalFor } from './visit.ts'

export interface Admitted {
  readonly form: Form
  readonly client: ClientProof
}

/**
 * Every request pays from the budget of its peer, because every proof is a new signature to check; a client that is
 * known also from its own.
 */
export async function admitClient(road: Road, snapshot: Snapshot, inbound: Inbound): Promise<Admitted | OAuthRefusal> {
  const { clients, peers } = snapshot.oauth
  const wait_ms = peers.take(inbound.peer)
  if (wait_ms > 0) return busy('the peer sends too much', wait_ms)
  const form = readForm(inbound)
  if (isOAuthRefusal(form)) return form
  const client = await clients.authenticateClient(form, inbound)
  if (isOAuthRefusal(client)) return client
  if (!snapshot.agents.has(client.agent)) return unknownClient(client.agent)
  const own_ms = road.limits.takeToken(client.agent, road.clock.now())
  if (own_ms > 0) return busy(`${client.agent} asks more often than it may`, own_ms)
  const revoked = road.revocations.epochs.refusalOf(principalOf(client))
  if (revoked) return refusalFor(revoked, 'invalid_client', 'Client authentication failed')
  return { form, client }
}

function unknownClient(agent: AgentId): OAuthRefusal {
  return oauthRefusal('invalid_client', 'Client authentication failed', `${agent} is not registered`)
}

const kinds: Readonly<Record<ClientMethod, CredentialKind>> = {
  private_key_jwt: 'issuer_jwt',
  tls_client_auth: 'client_cert',
  jwt_spiffe: 'issuer_jwt',
  workload_jwt: 'issuer_jwt',
  api_key: 'api_key',
}

/** The client as whoever revokes knows it: an agent with a credential, acting for nobody yet. */
function principalOf(client: ClientProof): Principal {
  const { agent, method, credentialId, issuer, keyId, issuedAt, boundTo } = client
  const who = { kind: kinds[method], agent, person: null, credentialId, issuer, keyId, issuedAt }
  const wide = { expiresAt: Number.POSITIVE_INFINITY, audience: null, authority: anything, delegation: null }
  return { proof: { ...who, ...wide, boundTo }, delegation: null }
}
