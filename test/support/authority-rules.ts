/** A small stand-in for the vocabulary of authority, for tests of what is built on it. */
import type { Authority, Detail } from '../../src/domain/authority.ts'
import type { AuthorityRules } from '../../src/pipeline/oauth/parts.ts'

const types = new Set(['agent_invoke', 'mcp_tool', 'mcp_resource', 'model_use', 'http_api', 'db_query'])

/** The smallest rules that can tell narrower from wider: scopes as sets, and the targets of agent_invoke. */
export const smallRules: AuthorityRules = {
  readDetails(value) {
    if (!Array.isArray(value)) return 'no list'
    const details: readonly unknown[] = value
    return details.every((each): each is Detail => typeof each === 'object' && each !== null && isKnown(each))
      ? details
      : 'an unknown type'
  },
  readScopes: (text) =>
    /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(text)
      ? [...new Set(text.split(' '))].toSorted()
      : 'no scope',
  narrower: (child, parent) =>
    within(child.scopes, parent.scopes) && within(targetsOf(child), targetsOf(parent)) ? null : 'wider',
  intersect: (one, other) => ({
    scopes: meet(one.scopes, other.scopes),
    details: detailsOf(meet(targetsOf(one), targetsOf(other))),
  }),
  hashOf: ({ scopes, details }) => (scopes === null && details === null ? null : JSON.stringify([scopes, details])),
}

function isKnown(value: object): boolean {
  return 'type' in value && typeof value.type === 'string' && types.has(value.type)
}

function targetsOf({ details }: Authority): readonly string[] | null {
  return details?.flatMap((detail) => (detail.type === 'agent_invoke' ? (detail.targets ?? ['*']) : [])) ?? null
}

function detailsOf(targets: readonly string[] | null): readonly Detail[] | null {
  return targets && [{ type: 'agent_invoke', targets }]
}

function within(child: readonly string[] | null, parent: readonly string[] | null): boolean {
  return parent === null || (child?.every((each) => parent.includes(each)) ?? false)
}

function meet(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  return one === null ? other : other === null ? one : one.filter((each) => other.includes(each))
}
