/** The token that goes out with a hop: one that has come home, or one that is minted and kept in the ledger. */
import type { Clock } from '../base/clock.ts'
import type { TokenEntry } from '../domain/record.ts'
import { type Denial, deny, type Hop, isDenial } from '../domain/verdict.ts'
import { authorityHash } from '../identity/authority-claims.ts'
import { refusalOfRun } from '../limits/lease.ts'
import { Deliveries, type Lent } from './deliveries.ts'
import { abandon } from './send.ts'
import type { Visit } from './visit.ts'

/** The delivery token of the hop, or why it must not leave: it could not be signed, or its run is over by now. */
export async function deliver(visit: Visit, hop: Hop): Promise<string | Denial> {
  try {
    const lent = lend(visit, hop)
    const delivery = lent instanceof Promise ? await lent : lent
    if (isDenial(delivery)) return delivery
    visit.delivery = delivery
    return refusalOfRun(hop.run, visit.road.clock.now()) ?? delivery.raw
  } catch (bug) {
    abandon(visit, hop, { status: 'failed', detail: 'a bug before the call left' })
    throw bug
  }
}

/** Up to its signature all of this happens in the turn in which the hop was admitted: nobody finds it without a chain. */
function lend(visit: Visit, hop: Hop): Lent | Denial | Promise<Lent | Denial> {
  const { road } = visit
  const place = placeOf(hop)
  const home = place === null ? null : road.deliveries.take(hop.run.id, place, road.clock.now())
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

function book({ run }: Visit, { id, call }: Hop, { delegation }: Pick<Lent, 'delegation'>): void {
  if (call.target.kind === 'agent') run?.deliver(id, call.target.id, delegation)
}

function placeOf({ run, call, delegation, authority, depthMax, principal }: Hop): string | null {
  if (call.target.kind !== 'agent') return null
  return Deliveries.place({
    run: run.id,
    parent: delegation?.inputHash ?? null,
    credential: principal.proof.credentialId,
    callee: call.target.id,
    authority: authorityHash(authority),
    depthMax,
  })
}

/** It grants nothing without the credential of its holder, so it is kept whole: the chain can be proved from it. */
function tokenEntry({ hop, raw, delegation }: Omit<Lent, 'place'> & { readonly hop: Hop }, clock: Clock): TokenEntry {
  const { run, tokenId: jti, holder: agent } = delegation
  return { v: 1, ts: clock.now(), kind: 'token', rid: hop.id, run, jti, use: 'delivery', agent, token: raw }
}
