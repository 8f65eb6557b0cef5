/** Tokens for a gateway that plays a run again, signed with its own keys, which are thrown away with it. */
import { systemClock } from './base/clock.ts'
import { type CliProblem, problem } from './cli/exit-codes.ts'
import type { PlayerParts } from './cli/rerun/player.ts'
import { isLoaded, loadConfig } from './config/load.ts'
import { firstProblem } from './config/problems.ts'
import { anything } from './domain/authority.ts'
import { type AgentId, isPersonId, isPseudonym, type PersonId } from './domain/ids.ts'
import type { CallRecord } from './domain/record.ts'
import { isDenial } from './domain/verdict.ts'
import { lookAtKeyring } from './identity/keys/keyring.ts'
import { callLifetime_max_s } from './identity/tokens/call-token.ts'
import { keyPlaces } from './pipeline/snapshot.ts'
import { identityOf } from './tools-identity.ts'

/** A token is used for half of its life. */
const fresh_ms = (callLifetime_max_s * 1000) / 2

/** Whoever calls as the root of a run brings its person; below it that is in the token of the call above. */
export async function standInTokens(file: string): Promise<PlayerParts['tokenFor'] | CliProblem> {
  // Not with our environment: where keys are handed in by a service manager, those are of the real gateway.
  const loaded = await loadConfig(file, {})
  if (!isLoaded(loaded)) return problem('failed', firstProblem(loaded, file))
  const { settings } = loaded
  const keys = lookAtKeyring({ ...keyPlaces(settings), clock: systemClock })
  if (keys.kind === 'key_problem') return problem('failed', keys.sentence)
  const publicUrl = settings.gateway.public_url ?? ''
  const identity = identityOf(settings, { keys, publicUrl, call_ttl_s: callLifetime_max_s })
  const minted = new Map<string, { readonly raw: string; readonly at: number }>()
  const mint = async (agent: AgentId, person: PersonId | null): Promise<string | null> => {
    const who = `${agent} ${person ?? ''}`
    const known = minted.get(who)
    const now = systemClock.monotonic()
    if (known && now - known.at < fresh_ms) return known.raw
    const asked = { agent, person, audience: publicUrl, delegation: null, run: null, boundTo: null }
    const token = await identity.mintCallToken({ ...asked, authority: anything })
    if (isDenial(token)) return null
    minted.set(who, { raw: token.raw, at: now })
    return token.raw
  }
  return async ({ agent, parent_rid, human }) =>
    agent === null ? null : await mint(agent, parent_rid === null ? personFor(human) : null)
}

/** Of whoever was erased there is no name, and no pseudonym can be brought. */
function personFor(human: CallRecord['human']): PersonId | null {
  if (human === null || !isPseudonym(human)) return human
  const nobody = 'user:erased'
  return isPersonId(nobody) ? nobody : null
}
