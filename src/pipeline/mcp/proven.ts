/** What Weir proves to a tool server for a caller, and whether the call may still go on once that is known. */
import type { McpCall } from '../../domain/call.ts'
import { type Denial, type Hop, isDenial } from '../../domain/verdict.ts'
import type { SpeakerCredentials } from '../../identity/outbound/tool-credentials.ts'
import { refusalOfRun } from '../../limits/lease.ts'
import type { HeaderList } from '../../protocol/http.ts'
import type { ToolServerEntry } from '../road.ts'
import { abandon, giveBack } from '../send.ts'
import { standingOf } from '../standing.ts'
import type { FrontRoad } from './front/front-road.ts'
import type { McpVisit, Received } from './threshold.ts'

export function speakerFor(
  road: Pick<FrontRoad, 'lend'>,
  { visit: { snapshot, authority }, principal }: Pick<Received, 'visit' | 'principal'>,
  server: ToolServerEntry,
): SpeakerCredentials {
  const speaker = snapshot.toolCredentials.speakerCredentials(server.settings, { principal, authority })
  if (server.settings.credential.mode !== 'user') return speaker
  return {
    async credentials() {
      const proof = await speaker.credentials()
      if (!isDenial(proof) && proof.length > 0) road.lend(server, speaker)
      return proof
    },
    challenged: (status, challenge) => speaker.challenged(status, challenge),
  }
}

/**
 * Where everybody has an account of their own nobody can list the tools before the first of them has shown it. The call of
 * whoever has nothing to show goes to the server, which says where to connect, and calls nothing.
 */
export async function showsNothing(
  { settings }: Pick<ToolServerEntry, 'settings'>,
  speaker: Pick<SpeakerCredentials, 'credentials'>,
): Promise<boolean | Denial> {
  if (settings.credential.mode !== 'user') return false
  const proof = await speaker.credentials()
  return isDenial(proof) ? proof : proof.length === 0
}

/** The headers of a hop; null where it was given back, because they cannot be had or its caller has left. */
export async function provenFor(
  visit: McpVisit,
  hop: Hop<McpCall>,
  speaker: SpeakerCredentials,
): Promise<HeaderList | null> {
  const proof = await stillProven(visit, hop, speaker)
  if (isDenial(proof)) {
    await giveBack(visit, hop, proof)
    return null
  }
  if (!visit.reply.closed) return proof
  abandon(visit, hop, { status: 'aborted', detail: 'the caller left before the call did' })
  return null
}

/** While a token was fetched its run may have ended, or something it rests on may have been revoked. */
async function stillProven(
  visit: McpVisit,
  hop: Hop<McpCall>,
  speaker: SpeakerCredentials,
): Promise<HeaderList | Denial> {
  const { road } = visit
  const proof = speaker.credentials()
  if (!(proof instanceof Promise)) return proof
  try {
    const waited = await proof
    return refusalOfRun(hop.run, road.clock.now()) ?? standingOf(road, hop) ?? waited
  } catch (bug) {
    abandon(visit, hop, { status: 'failed', detail: 'a bug before the call left' })
    throw bug
  }
}
