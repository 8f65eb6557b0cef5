/**
 * How much of a delegation another organisation sees. Whoever gets less still gets `dlg.head`, so that both logs hold the
 * same commitment; what is left out must not be guessable from what stays, so `root`, a hash over names, goes with them.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Disclosure } from '../../config/settings-identity.ts'

/** The newest actors each level shows. */
const actors: Readonly<Record<Disclosure, number>> = { full: Number.POSITIVE_INFINITY, subset: 2, actor_only: 1 }

/** How many of the newest actors that level shows. */
export function shownActors(disclosure: Disclosure): number {
  return actors[disclosure]
}

/** The level that shows less: what one row allows, another does not take back. */
export function stricter(one: Disclosure, other: Disclosure): Disclosure {
  return shownActors(one) < shownActors(other) ? one : other
}

/** Members of `dlg` that say nothing of the agents before; everything else is left out unless all is shown. */
const harmless = ['v', 'depth', 'max', 'head', 'taint'] as const

/** The claims of a delivery as the other side may see them; `act`, `dlg.hops` and `dlg.chain` tell of the same actors. */
export function discloseClaims(claims: JsonObject, disclosure: Disclosure): JsonObject {
  if (disclosure === 'full') return claims
  const shown = shownActors(disclosure)
  const { act, dlg, ...rest } = claims
  const cutDlg = isJsonObject(dlg) ? { dlg: discloseLineage(dlg, shown) } : {}
  return { ...rest, ...(isJsonObject(act) ? { act: newest(act, shown) } : {}), ...cutDlg }
}

/** `act` nests the newest actor outermost (RFC 8693 section 4.1). */
function newest({ act, ...actor }: JsonObject, shown: number): JsonObject {
  return shown > 1 && isJsonObject(act) ? { ...actor, act: newest(act, shown - 1) } : actor
}

function discloseLineage(dlg: JsonObject, shown: number): JsonObject {
  const kept: Record<string, unknown> = {}
  for (const name of harmless) if (dlg[name] !== undefined) kept[name] = dlg[name]
  if (Array.isArray(dlg.hops)) kept.hops = dlg.hops.slice(-shown)
  // The chain ends with the agent that is called; the actors stand before it.
  if (Array.isArray(dlg.chain)) kept.chain = dlg.chain.slice(-shown - 1)
  return kept
}
