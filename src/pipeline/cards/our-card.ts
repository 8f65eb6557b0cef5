/**
 * The card of an agent as we publish it: what the agent says of itself, as far as it was accepted, and what the operator
 * says, which counts more. Where the agent is and what it wants to see is ours to know. Signed once for each key and each
 * accepted card; who asks again gets the same bytes.
 */
import type { JsonObject } from '../../base/json.ts'
import { defaultDescription } from '../../config/schema-agents.ts'
import { slugOf } from '../../domain/ids.ts'
import type { Principal } from '../../domain/principal.ts'
import { type Denial, isDenial } from '../../domain/verdict.ts'
import {
  type Card,
  type CardCapabilities,
  type CardProvenance,
  type CardSkill,
  type CardSubject,
  describeAgent,
  describeStub,
  schemaReading,
  writeCard,
} from '../../protocol/a2a/card.ts'
import type { AgentEntry, MadeCard, Road } from '../road.ts'
import type { SeenCard } from './card-change.ts'

/** How much of an agent is shown: how to call it to anybody, or all, to anybody or to those who may call it. */
export type CardView = 'stub' | 'public' | 'full'

/** What Weir does for every agent, also where the agent does not. */
const capabilities: CardCapabilities = { streaming: true, pushNotifications: true, extendedAgentCard: true }

/** The card as it is served, with its headers, or `busy` where it could not be signed now. */
export async function cardOf(road: Road, entry: AgentEntry, view: CardView): Promise<Card | Denial> {
  const made = await makeCard(road, entry, view)
  return isDenial(made) ? made : made.card
}

/**
 * The members of the extended card for one caller, signed: what `GetExtendedAgentCard` answers. Only for callers that may
 * invoke the agent; there are no skills that some of them may use and others not but by facets, which have cards of their own.
 */
export async function extendedCardOf(
  road: Road,
  entry: AgentEntry,
  _principal: Principal,
): Promise<JsonObject | Denial> {
  const made = await makeCard(road, entry, 'full')
  return isDenial(made) ? made : made.members
}

async function makeCard(road: Road, entry: AgentEntry, view: CardView): Promise<MadeCard | Denial> {
  const { cards, identity, publicUrl } = road.snapshot
  const { id } = entry.settings
  const key = `${id} ${view}`
  const kid = identity.signCard.kid()
  const seen = road.cards.standingOf(id)?.pinned ?? null
  const known = cards.get(key)
  if (known && known.kid === kid && known.seen === seen) return known
  const subject = subjectOf(entry, seen)
  const members = view === 'stub' ? describeStub(subject, publicUrl) : describeAgent(subject, publicUrl)
  // The SDKs complain of every signature before the first they find right.
  const signed = await identity.signCard(members, [schemaReading(members), members])
  if (isDenial(signed)) return signed
  const made = { members: signed, card: writeCard(signed, road.clock.now(), view !== 'full'), kid, seen }
  cards.set(key, made)
  return made
}

/** What is told of an agent, whoever asks. */
export function subjectOf({ settings }: AgentEntry, seen: SeenCard | null): CardSubject {
  const { id, description, skills } = settings
  const slug = slugOf(id)
  // A facet is called what the operator calls it: it is not all of what the agent says it is.
  const name = settings.facet_of === null ? (seen?.card.name ?? slug) : slug
  const said = seen?.card.description
  const base = {
    slug,
    name,
    description: description === defaultDescription && said ? said : description,
    capabilities,
  }
  const shown = skillsOf(seen, skills, base.description)
  if (seen === null) return { ...base, ...(shown ? { skills: shown } : {}) }
  const { version, inputModes, outputModes } = seen.card
  return {
    ...base,
    version,
    inputModes,
    outputModes,
    provenance: provenanceOf(seen),
    ...(shown ? { skills: shown } : {}),
  }
}

/** The chosen skills in the words of the agent; one it says nothing of has only its name. Null for those the card writer finds. */
function skillsOf(
  seen: SeenCard | null,
  chosen: readonly string[] | null,
  description: string,
): readonly CardSkill[] | null {
  const said = seen?.card.skills ?? []
  if (chosen === null) return said.length > 0 ? said : null
  return chosen.map((id) => said.find((skill) => skill.id === id) ?? { id, name: id, description, tags: [] })
}

function provenanceOf({ card, signature, verifiedAt }: SeenCard): CardProvenance {
  return {
    upstreamDigest: card.digest,
    upstreamKid: signature.kid,
    verifiedAt: verifiedAt === null ? null : new Date(verifiedAt).toISOString(),
  }
}
