/**
 * `POST /oauth/token`: a request's whole life, in the order in which it happens. The first no ends it.
 *
 *     client -> request -> key -> subject, run, depth -> policy -> authority, budget -> sign -> record -> answer
 *
 * Of the codes for a person's approval (`authorization_pending`, `slow_down`, `access_denied`) none is answered yet;
 * they stay reserved in the table of codes.
 */
import type { JsonObject } from '../../base/json.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import { sendWritten } from '../../protocol/jsonrpc.ts'
import { writeOAuthAnswer, writeOAuthRefusal } from '../../protocol/oauth/faces.ts'
import { isOAuthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { accessTokenType, grantTypes, txnTokenType } from '../../protocol/oauth/words.ts'
import type { Road } from '../road.ts'
import { admitClient } from './admit-client.ts'
import { attenuate } from './attenuate.ts'
import { bind } from './bind.ts'
import { findGround } from './ground.ts'
import { type Cleared, issue } from './issue.ts'
import { judgeGrant } from './judge.ts'
import { widens } from './narrow.ts'
import type { MintedToken } from './parts.ts'
import { project } from './project.ts'
import { readTokenRequest } from './request.ts'
import { openTokenVisit, recordGrant, type TokenVisit } from './visit.ts'

/** Answers one request for a token. Never rejects but for a Bug. */
export async function serveToken(road: Road, inbound: Inbound, reply: Reply): Promise<void> {
  const visit = openTokenVisit(road, inbound)
  const answer = await grant(visit)
  if (!isOAuthRefusal(answer)) return sendWritten(reply, writeOAuthAnswer(answer))
  refuseGrant(visit, answer)
  sendWritten(reply, writeOAuthRefusal(answer, visit.nonce))
}

async function grant(visit: TokenVisit): Promise<JsonObject | OAuthRefusal> {
  const { road, snapshot, inbound, found } = visit
  const admitted = await admitClient(road, snapshot, inbound)
  if (isOAuthRefusal(admitted)) return admitted
  const known = { visit, ...admitted }
  const { form, client } = known
  found.agent = client.agent
  found.method = client.method
  found.grant = form.get('grant_type') ?? null
  found.audience = form.get('audience') ?? form.get('resource') ?? null

  if (form.get('requested_token_type') === txnTokenType) return await project(known)
  const request = readTokenRequest(form, snapshot.publicUrl)
  if (isOAuthRefusal(request)) return request
  const binding = await bind(known)
  if (isOAuthRefusal(binding)) return binding
  const ground = await findGround(known, request)
  if (isOAuthRefusal(ground)) return ground
  const wider = await widens(known, request, binding, ground)
  if (wider) return wider
  const permits = await judgeGrant(known, request, ground)
  if (isOAuthRefusal(permits)) return permits
  found.policies = [...new Set(permits.flatMap(({ policies }) => policies))]
  const carried = attenuate(known, request, ground)
  if (isOAuthRefusal(carried)) return carried
  const cleared: Cleared = { known, request, ground, binding, carried }
  const token = await issue(cleared)
  return isOAuthRefusal(token) ? token : answerOf(cleared, token)
}

/** RFC 6749 section 5.1, RFC 8693 section 2.2.1, RFC 9396 section 7, RFC 9449 section 5. */
function answerOf({ request, binding, carried }: Cleared, token: MintedToken): JsonObject {
  const { scopes, details } = carried.authority
  return {
    access_token: token.raw,
    ...(request.grant === grantTypes.tokenExchange ? { issued_token_type: accessTokenType } : {}),
    token_type: binding.boundTo?.kind === 'dpop' ? 'DPoP' : 'Bearer',
    expires_in: token.expires_in_s,
    ...(scopes === null || scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    ...(details === null ? {} : { authorization_details: details }),
  }
}

function refuseGrant(visit: TokenVisit, refusal: OAuthRefusal): void {
  const { found, road } = visit
  found.error = refusal.error
  found.detail = refusal.detail
  if (!recordGrant(visit, 'deny') && road.counts.unrecorded(road.clock.now()))
    road.log.error('a request to the token endpoint left no record: the ledger is full')
}
