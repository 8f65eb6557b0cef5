/** Whose request it is, and what it may see behind the address it came to. */
import { type Care, type Denial, deny, isDenial, type Permit } from '../../../domain/verdict.ts'
import type { SpeakerCredentials } from '../../../identity/outbound/tool-credentials.ts'
import type { Principal } from '../../../domain/principal.ts'
import type { FrontArrival } from '../../../protocol/mcp/read-front.ts'
import type { Era } from '../../../protocol/mcp/read-call.ts'
import type { Behind, Client, McpAddress } from '../behind.ts'
import { careFor } from '../care.ts'
import { openOwn } from '../own/open-own.ts'
import { ownerOf } from '../sessions.ts'
import { mayUse, mostOf, type Received } from '../threshold.ts'
import { speakerFor } from '../proven.ts'
import { readerOf } from '../visible-tools.ts'
import { placeOf } from './address.ts'
import type { FrontSession } from './front-sessions.ts'
import type { FrontRoad } from './front-road.ts'

export interface Guest {
  readonly road: FrontRoad
  readonly address: McpAddress
  readonly arrival: FrontArrival<FrontSession>
  readonly received: Received
  readonly behind: Behind
  /** For what is about the address as a whole. */
  readonly warrant: Permit | Care
}

/** Who shares nothing with anybody else, at one address. */
export function ownerAt(principal: Principal, address: McpAddress): string {
  return JSON.stringify([...ownerOf(principal), placeOf(address)])
}

/** What a client declared that it can be asked. */
export interface Declared {
  readonly era: Era
  readonly session: FrontSession | null
  readonly capabilities: Buffer
}

/** Lets it in, or says why not: one server has to be one that it may use, of several each is looked at by itself. */
export async function letIn(
  { road, address, arrival, received }: Omit<Guest, 'behind' | 'warrant'>,
  declared: Declared,
): Promise<Guest | Denial> {
  const { visit, principal } = received
  // Else everybody had as many addresses to themselves as there are names.
  if (address.kind === 'set' && !visit.snapshot.settings.tools.sets.has(address.set))
    return deny('not_found', 'there is no such set')
  const warrant =
    address.kind === 'server'
      ? await mayUse(visit, principal, visit.snapshot.servers.get(address.server))
      : careFor(placeOf(address))
  if (isDenial(warrant)) return warrant
  const client = clientOf(road, { visit, principal }, declared)
  const { serverInfo } = road.fronts
  const behind =
    address.kind === 'own' ? openOwn({ road, received, client, serverInfo }, address) : road.openBehind(client, address)
  return { road, address, arrival, received, behind, warrant }
}

/** The same guest under the settings that are in force now. */
export async function letInAgain(guest: Guest, declared: Declared): Promise<Guest | Denial> {
  const { received, road } = guest
  const visit = { ...received.visit, snapshot: road.snapshot }
  return await letIn({ ...guest, received: { ...received, visit } }, declared)
}

function clientOf(
  road: FrontRoad,
  who: Pick<Received, 'visit' | 'principal'>,
  { era, session, capabilities }: Declared,
): Client {
  const { visit, principal } = who
  const { snapshot, authority } = visit
  const reader = { snapshot, authority, context: mostOf(visit, principal), ...readerOf(principal.proof) }
  const key = JSON.stringify([...ownerOf(principal), session?.key ?? null])
  const [, person] = ownerOf(principal)
  return {
    era,
    reader,
    person,
    speakerFor: (server) => ({ key, capabilities, ...bound(speakerFor(road, who, server)) }),
  }
}

function bound(speaker: SpeakerCredentials): SpeakerCredentials {
  return {
    credentials: () => speaker.credentials(),
    challenged: (status, challenge) => speaker.challenged(status, challenge),
  }
}
