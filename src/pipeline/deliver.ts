/**
 * What a hop shows its target: a delivery token, one that has come home or one that is minted and kept in the ledger, and
 * what Weir itself has to prove there.
 */
import type { Clock } from '../base/clock.ts'
import type { TokenEntry } from '../domain/record.ts'
import { type Denial, deny, type Hop, isDenial } from '../domain/verdict.ts'
import { authorityHash } from '../domain/authority/hash.ts'
import { deliveredTaint } from '../identity/tokens/delivery.ts'
import type { UpstreamCredential } from '../identity/outbound/outbound.ts'
import { refusalOfRun } from '../limits/lease.ts'
import { Deliveries, type Lent } from './deliveries.ts'
import type { Papers } from './road.ts'
import { type Effect, secure } from './secure.ts'
import { abandon } from './send.ts'
import { refusalOfPlace, standingOf } from './standing.ts'
import { traceSaid } from './trace-of.ts'
import type { Visit } from './visit.ts'

/** The papers of the hop, or why it must not leave: a token could not be had, its run is over by now, or was revoked. */
export async function deliver(visit: Visit, hop: Hop): Promise<Papers | Denial> {
  try {
    const lent = lend(visit, hop)
    const delivery = lent instanceof Promise ? await lent : lent
    if (isDenial(delivery)) return delivery
    visit.delivery = delivery
    const proving = prove(visit, delivery.raw)
    const papers = proving instanceof Promise ? await proving : proving
    const unsecured = await secure(visit, hop, effectOf(visit))
    return refusalOfRun(hop.run, visit.road.clock.now()) ?? standingOf(visit.road, hop) ?? unsecured ?? papers
  } catch (bug) {
    abandon(visit, hop, { status: 'failed', detail: 'a bug before the call left' })
    throw bug
  }
}

function effectOf({ snapshot, call }: Visit): Effect {
  return (call.target.kind === 'agent' && snapshot.agents.get(call.target.id)?.settings.effect) || 'unknown'
}

/** Adds what the target asks of us; a partner gets the token of its own issuer in place of our delivery token. */
function prove({ snapshot, call }: Visit, delivery: string): Papers | Denial | Promise<Papers | Denial> {
  if (call.target.kind !== 'agent') return { delivery, credential: [] }
  const asked = snapshot.outbound.credentialFor(call.target.id, delivery)
  return asked instanceof Promise ? asked.then((answer) => papersOf(delivery, answer)) : papersOf(delivery, asked)
}

function papersOf(delivery: string, credential: UpstreamCredential | Denial): Papers | Denial {
  if (isDenial(credential)) return credential
  return { delivery: credential.replacesDelivery ? null : delivery, credential: credential.headers }
}

/** Up to its signature all of this happens in the turn in which the hop was admitted: nobody finds it without a chain. */
function lend(visit: Visit, hop: Hop): Lent | Denial | Promise<Lent | Denial> {
  const { road } = visit
  const place = placeOf(hop)
  const home = place === null ? null : takeHome(visit, hop, place)
  road.counts.delivered(home ? 'hit' : 'miss')
  if (home) {
    book(visit, hop, home)
    return home
  }
  const minting = visit.snapshot.identity.mintDelivery(hop)
  if (isDenial(minting)) return minting
  const { delegation } = minting
  book(visit, hop, { delegation })
  return minting.raw.then((raw) => {
    if (isDenial(raw)) return raw
    if (!road.ledger.append(tokenEntry({ hop, raw, delegation }, road.clock)))
      return deny('busy', 'the ledger takes no token: no record, no hop', { rule: 'ledger.room' })
    return { place, raw, delegation }
  })
}

/** One that still counts: what was revoked while it was at home is dropped. */
function takeHome({ road }: Visit, { run, principal }: Hop, place: string): Lent | null {
  const now = road.clock.now()
  let lent = road.deliveries.take(run.id, place, now)
  while (lent && refusalOfPlace(road, { principal, delegation: lent.delegation }))
    lent = road.deliveries.take(run.id, place, now)
  return lent
}

function book(visit: Visit, { id, call }: Hop, { delegation }: Pick<Lent, 'delegation'>): void {
  if (call.target.kind !== 'agent') return
  visit.run?.deliver(id, delegation.holder, delegation, traceSaid(visit)?.traceId ?? visit.run.joinedTrace)
}

function placeOf({ run, call, delegation, authority, depthMax, budget, principal }: Hop): string | null {
  if (call.target.kind !== 'agent') return null
  return Deliveries.place({
    run: run.id,
    parent: delegation?.inputHash ?? null,
    credential: principal.proof.credentialId,
    callee: call.target.id,
    authority: authorityHash(authority),
    depthMax,
    budget,
    taint: deliveredTaint({ run, delegation }),
  })
}

/** It grants nothing without the credential of its holder, so it is kept whole: the chain can be proved from it. */
function tokenEntry({ hop, raw, delegation }: Omit<Lent, 'place'> & { readonly hop: Hop }, clock: Clock): TokenEntry {
  const { run, tokenId: jti, holder: agent } = delegation
  return { v: 1, ts: clock.now(), kind: 'token', rid: hop.id, run, jti, use: 'delivery', agent, token: raw }
}
