/**
 * Makes the token once nothing speaks against it: opens the run where there is none, signs, and lets the token leave
 * only with its entry in the ledger. What was opened for a token that is not issued is closed again right here.
 */
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import { skew_ms } from '../../identity/strict-jwt.ts'
import { refusalOfRun } from '../../limits/lease.ts'
import type { LiveRun } from '../../limits/live-run.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { runEntry } from '../run-entry.ts'
import type { Carried } from './attenuate.ts'
import type { Binding } from './bind.ts'
import type { Ground } from './ground.ts'
import { authorityHash } from '../../domain/authority/hash.ts'
import type { MintedToken } from './parts.ts'
import type { TokenRequest } from './request.ts'
import { busy, type Known, recordGrant, refusalFor } from './visit.ts'

/** Everything that was established. */
export interface Cleared {
  readonly known: Known
  readonly request: TokenRequest
  readonly ground: Ground
  readonly binding: Binding
  readonly carried: Carried
}

const later = 'Retry after the time in Retry-After'

export async function issue(cleared: Cleared): Promise<MintedToken | OAuthRefusal> {
  const { known, ground } = cleared
  const { road } = known.visit
  const used = useUp(cleared)
  if (used) return used
  const run = ground.run ?? openRun(cleared)
  if (isDenial(run)) return refusalFor(run, 'temporarily_unavailable', later)
  let issued = false
  try {
    const token = await mintIn(cleared, run)
    issued = !isOAuthRefusal(token)
    return token
  } finally {
    if (!issued && !ground.run) road.runs.end(run, road.clock.now())
  }
}

/** What an issuer made for one use is used now, when nothing but our own trouble can still come between. */
function useUp({ known, ground }: Cleared): OAuthRefusal | null {
  const { subject } = ground
  if (!subject?.singleUse || known.visit.parts.firstUse(subject.issuer, subject.tokenId, subject.expiresAt)) return null
  return oauthRefusal('invalid_grant', 'The assertion was used before', `${subject.tokenId} of ${subject.issuer}`)
}

function openRun({ known, ground }: Cleared): LiveRun | Denial {
  const { road, found } = known.visit
  const now = road.clock.now()
  const run = road.runs.open(known.client.agent, ground.person, now)
  if (isDenial(run)) return run
  found.run = run.id
  if (road.ledger.append(runEntry(run, 'opened', run.startedAt))) return run
  road.runs.end(run, now)
  return deny('busy', 'the ledger takes no new run: no record, no token', { rule: 'ledger.room' })
}

async function mintIn(cleared: Cleared, run: LiveRun): Promise<MintedToken | OAuthRefusal> {
  const { known, request, ground, binding, carried } = cleared
  const { parts, road } = known.visit
  const ttl_s = lifetimeOf(cleared, run)
  if (ttl_s < 1) return oauthRefusal('invalid_request', 'The subject token or its run ends too soon')
  const minted = await parts.minter.mintCallToken({
    agent: known.client.agent,
    person: ground.person,
    audience: request.audience,
    delegation: ground.delegation,
    run,
    authority: carried.authority,
    boundTo: binding.boundTo,
    ttl_s,
    depthMax: ground.depthMax,
    budget: carried.budget,
    pop: binding.evidence,
    ext: ground.delegation ? null : (ground.subject?.ext ?? null),
    login: ground.subject?.login ?? null,
  })
  if (isDenial(minted)) return refusalFor(minted, 'temporarily_unavailable', later)
  const over = refusalOfRun(run, road.clock.now())
  if (over) return oauthRefusal('invalid_request', 'The run of the subject token is over', over.detail)
  return handOut(cleared, run, minted)
}

/** A token outlives neither its subject nor its run; the allowance for clocks is not handed on. Seconds. */
function lifetimeOf({ known, ground }: Cleared, run: LiveRun): number {
  const { road, snapshot } = known.visit
  const ends = Math.min(ground.expiresAt - skew_ms, run.endsAt)
  return Math.min(snapshot.settings.identity.tokens.call_ttl_s, Math.floor((ends - road.clock.now()) / 1000))
}

function handOut({ known, carried }: Cleared, run: LiveRun, minted: MintedToken): MintedToken | OAuthRefusal {
  const { visit } = known
  const { found } = visit
  found.jti = minted.jti
  found.scope = carried.authority.scopes?.join(' ') ?? null
  found.adh = authorityHash(carried.authority)
  found.expires_at = minted.proof.expiresAt
  found.input_hash = minted.proof.delegation?.inputHash ?? null
  if (recordGrant(visit, 'allow')) {
    run.holdUntil(minted.proof.expiresAt)
    return minted
  }
  Object.assign(found, { jti: null, scope: null, adh: null, expires_at: null, input_hash: null })
  return busy('the ledger takes no entry: no record, no token')
}
