/** The part of an agent's row that says how it is shown, and what facets take from the agent they are a part of. */
import { assert } from '../base/assert.ts'
import type { AgentId } from '../domain/ids.ts'
import { jwksPlace } from './normalise-identity.ts'
import { defaultDescription } from './schema-agents.ts'
import type { ConfigFile } from './schema.ts'
import { isFree } from './schema-price.ts'
import type { AgentSettings } from './settings.ts'
import type { CardSettings, ShownSettings } from './settings-card.ts'

type Row = ConfigFile['agents'][string]

export function shownSettings(row: Row, base: string, agentId: (slug: string) => AgentId): ShownSettings {
  return {
    discovery: row.discovery,
    card: row.card === undefined ? null : cardSettings(row.card, base),
    facet_of: row.facet_of === undefined ? null : agentId(row.facet_of),
    skills: row.skills ?? null,
  }
}

function cardSettings({ digest, keys, ...row }: NonNullable<Row['card']>, base: string): CardSettings {
  return { ...row, digest: digest ?? null, keys: keys === undefined ? null : jwksPlace(keys, base) }
}

/** The rows with every facet leading where its agent does. */
export function withFacets(rows: readonly AgentSettings[]): readonly AgentSettings[] {
  return rows.map((row) => {
    if (row.facet_of === null) return row
    const whole = rows.find(({ id }) => id === row.facet_of)
    assert(whole !== undefined, 'the cross-check lets facets of known agents pass only')
    return facetOf(whole, row)
  })
}

/** Everything about reaching the agent is the agent's; everything about who may, how often and what is seen is the facet's. */
function facetOf(whole: AgentSettings, facet: AgentSettings): AgentSettings {
  const { id, team, owner, description, groups, effect, may_start_runs, price, client, limits } = facet
  const { discovery, facet_of, skills } = facet
  const own = { id, team, owner, groups, effect, may_start_runs, client, limits, discovery, facet_of, skills }
  return {
    ...whole,
    ...own,
    description: description === defaultDescription ? whole.description : description,
    external: facet.external || whole.external,
    // What costs something does not become free under another name.
    price: isFree(price) ? whole.price : price,
  }
}
