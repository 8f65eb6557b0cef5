/** Proofs and delegations as identity would have made them, for tests that start behind it. */
import { anything } from '../../src/domain/authority.ts'
import type { AgentId, PersonId } from '../../src/domain/ids.ts'
import type { Delegation, Proof } from '../../src/domain/principal.ts'

/** What an API key of that agent proves, or that with a few members changed. */
export function proofOf(agent: AgentId, person: PersonId | null = null, change: Partial<Proof> = {}): Proof {
  return {
    kind: 'api_key',
    agent,
    person,
    credentialId: 'k1',
    issuer: 'weir',
    keyId: null,
    issuedAt: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    audience: null,
    boundTo: null,
    authority: anything,
    delegation: null,
    ...change,
  }
}

type Known = Pick<Delegation, 'run' | 'hop' | 'depth' | 'chain' | 'person' | 'holder' | 'tokenId' | 'expiresAt'>

/** The rest of a delegation nobody looks at, around what the test says. */
export function delegationOf(known: Known, change: Partial<Delegation> = {}): Delegation {
  return {
    ...known,
    depthMax: null,
    keyId: 'key',
    inputHash: `input-${known.tokenId}`,
    issuedAt: 0,
    authority: anything,
    budget: [],
    taint: 'none',
    lineage: { root: 'root', prh: null, head: 'root', base: 'root', links: [], ext: null },
    ...change,
  }
}
