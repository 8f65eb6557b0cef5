/** What a request for a Txn-Token asks for (draft-ietf-oauth-transaction-tokens-10, request for a Txn-Token). */
import type { Form } from '../../identity/clients/client.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { grantTypes } from '../../protocol/oauth/words.ts'
import { readAsked, readPair, type Shown, type TokenRequest } from './request.ts'

export interface TxnRequest extends Pick<TokenRequest, 'grant' | 'actor' | 'runId' | 'asked'> {
  readonly kind: 'txn_request'
  readonly subject: Shown
}

/** `trustDomain` is the one audience there is; null where none is configured. */
export function readTxnRequest(form: Form, trustDomain: string | null): TxnRequest | OAuthRefusal {
  if (trustDomain === null) return oauthRefusal('invalid_request', 'This server issues no Txn-Tokens')
  const grant = grantTypes.tokenExchange
  if (form.get('grant_type') !== grant)
    return oauthRefusal('invalid_request', 'A Txn-Token is issued for a token exchange only')
  if (form.get('audience') !== trustDomain || form.has('resource'))
    return oauthRefusal('invalid_target', 'The audience of a Txn-Token is the trust domain')
  const subject = readPair(form, 'subject_token') ?? oauthRefusal('invalid_request', 'subject_token is missing')
  if (isOAuthRefusal(subject)) return subject
  const actor = readPair(form, 'actor_token')
  if (isOAuthRefusal(actor)) return actor
  const asked = readAsked(form)
  if (isOAuthRefusal(asked)) return asked
  if (asked.scopes === null) return oauthRefusal('invalid_request', 'scope is missing')
  return { kind: 'txn_request', grant, subject, actor, runId: form.get('run_id') ?? null, asked }
}
