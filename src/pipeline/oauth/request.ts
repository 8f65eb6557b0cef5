/** What is asked of the token endpoint, read from the form before anything is looked up. */
import { readJson } from '../../base/json.ts'
import type { Authority, Detail } from '../../domain/authority.ts'
import { readDetails, readScopes } from '../../domain/authority/read.ts'
import type { BudgetAmounts } from '../../domain/ceilings.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Form } from '../../identity/clients/client.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { accessTokenType, type GrantType, grantTypes, isGrantType } from '../../protocol/oauth/words.ts'
import { addressOf } from '../mcp/address.ts'
import type { McpAddress } from '../mcp/behind.ts'
import { modelsPath } from '../models/model-road.ts'
import { agentOf } from '../serve.ts'

/** A token and what the client says it is. */
export interface Shown {
  readonly token: string
  readonly type: string
}

export interface TokenRequest {
  readonly kind: 'token_request'
  readonly grant: GrantType
  /** Subject token or assertion; null for client_credentials. */
  readonly subject: Shown | null
  readonly actor: Shown | null
  readonly audience: string
  readonly target: TokenTarget
  readonly runId: string | null
  /** A member is null where it was not asked for: then all there is comes along. */
  readonly asked: Authority
  readonly budget: BudgetAmounts | null
}

/** What a token is for: an agent, an address of tools, or models. */
export type TokenTarget =
  | { readonly kind: 'agent'; readonly id: AgentId }
  | { readonly kind: 'tools'; readonly address: McpAddress }
  | { readonly kind: 'models' }

type Read<T> = T | OAuthRefusal

export function readTokenRequest(form: Form, publicUrl: string): Read<TokenRequest> {
  const grant = readGrant(form.get('grant_type'))
  if (isOAuthRefusal(grant)) return grant
  const wanted = form.get('requested_token_type')
  if (wanted !== undefined && wanted !== accessTokenType)
    return oauthRefusal('invalid_request', 'The requested_token_type is none that is issued here')
  const subject = readSubject(form, grant)
  if (isOAuthRefusal(subject)) return subject
  const actor = grant === grantTypes.tokenExchange ? readPair(form, 'actor_token') : null
  if (isOAuthRefusal(actor)) return actor
  const target = readTarget(form, publicUrl)
  if (isOAuthRefusal(target)) return target
  const asked = readAsked(form)
  if (isOAuthRefusal(asked)) return asked
  const budget = readBudget(form)
  if (isOAuthRefusal(budget)) return budget
  return { kind: 'token_request', grant, subject, actor, ...target, runId: form.get('run_id') ?? null, asked, budget }
}

function readGrant(written: string | undefined): Read<GrantType> {
  if (written === undefined) return oauthRefusal('invalid_request', 'grant_type is missing')
  return isGrantType(written)
    ? written
    : oauthRefusal('unsupported_grant_type', 'This grant_type is not supported; see the metadata of the server')
}

function readSubject(form: Form, grant: GrantType): Read<Shown | null> {
  if (grant === grantTypes.clientCredentials) return null
  if (grant === grantTypes.jwtBearer) {
    const token = form.get('assertion')
    return token === undefined ? oauthRefusal('invalid_request', 'assertion is missing') : { token, type: grant }
  }
  return readPair(form, 'subject_token') ?? oauthRefusal('invalid_request', 'subject_token is missing')
}

/** RFC 8693 section 2.1: token and type stand together or not at all. */
export function readPair(form: Form, name: 'subject_token' | 'actor_token'): Read<Shown | null> {
  const token = form.get(name)
  const type = form.get(`${name}_type`)
  if (token === undefined && type === undefined) return null
  if (token !== undefined && type !== undefined) return { token, type }
  return oauthRefusal('invalid_request', `${name} and ${name}_type must stand together`)
}

/**
 * RFC 8707: one of our resources, in the one spelling of its URL. Whether anybody is behind it is not asked here.
 */
function readTarget(form: Form, publicUrl: string): Read<Pick<TokenRequest, 'audience' | 'target'>> {
  const named = new Set([form.get('audience'), form.get('resource')].filter((each) => each !== undefined))
  const [audience] = named
  if (audience === undefined || named.size > 1) return invalidTarget('not exactly one audience or resource')
  const target = audience.startsWith(`${publicUrl}/`) ? targetAt(audience.slice(publicUrl.length)) : null
  return target ? { audience, target } : invalidTarget('the audience is no resource of ours')
}

function targetAt(path: string): TokenTarget | null {
  if (path === modelsPath) return { kind: 'models' }
  const address = addressOf(path)
  if (address) return { kind: 'tools', address }
  const id = path.startsWith('/a2a/') ? agentOf(path.slice('/a2a/'.length)) : null
  return id && { kind: 'agent', id }
}

/** One answer for what does not exist, what may not be seen, and what may not be called. */
export function invalidTarget(detail: string): OAuthRefusal {
  return oauthRefusal('invalid_target', 'Ask for exactly one resource that is available to this client', detail)
}

export function readAsked(form: Form): Read<Authority> {
  const scope = form.get('scope')
  const scopes = scope === undefined ? null : readScopes(scope)
  if (typeof scopes === 'string') return oauthRefusal('invalid_scope', 'The scope is malformed', scopes)
  const text = form.get('authorization_details')
  const details = text === undefined ? null : readDetailsOf(text)
  return isOAuthRefusal(details) ? details : { scopes, details }
}

function readDetailsOf(text: string): Read<readonly Detail[]> {
  const read = readJson(text, 8)
  const details = read.ok ? readDetails(read.value) : `JSON is ${read.reason}`
  if (typeof details !== 'string') return details
  const sentence = 'authorization_details must be a list of known types with known members'
  return oauthRefusal('invalid_authorization_details', sentence, details)
}

/** A ceiling in whole micro-dollars or tokens; it has room for every number that is counted exactly. */
const amountForm = /^(?:0|[1-9][0-9]{0,15})$/

function readBudget(form: Form): Read<BudgetAmounts | null> {
  const cost_micros = readAmount(form.get('budget_usd_u'))
  const tokens = readAmount(form.get('budget_tokens'))
  if (isOAuthRefusal(cost_micros)) return cost_micros
  if (isOAuthRefusal(tokens)) return tokens
  if (cost_micros === null && tokens === null) return null
  return { ...(cost_micros === null ? {} : { cost_micros }), ...(tokens === null ? {} : { tokens }) }
}

function readAmount(text: string | undefined): Read<number | null> {
  if (text === undefined) return null
  const amount = Number(text)
  if (amountForm.test(text) && Number.isSafeInteger(amount)) return amount
  return oauthRefusal('invalid_request', 'A budget is a whole number of micro-dollars or tokens')
}
