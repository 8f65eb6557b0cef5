import { describe, expect, test } from 'vitest'
import { countingDice } from '../../../../src/base/dice.ts'
import type { JsonObject } from '../../../../src/base/json.ts'
import type { CredentialSettings, Disclosure } from '../../../../src/config/settings-identity.ts'
import { type Denial, isDenial } from '../../../../src/domain/verdict.ts'
import { openOutbound, type UpstreamCredential } from '../../../../src/identity/outbound/outbound.ts'
import { pairwiseWith } from '../../../../src/identity/outbound/pairwise.ts'
import { ManualClock } from '../../../../src/base/clock.ts'
import { agentId } from '../../../support/hop.ts'

const target = agentId('agent:desk')
const globex = 'https://globex.test'
const endpoint = `${globex}/oauth/token`

const row: CredentialSettings = {
  mode: 'grant',
  token_endpoint: endpoint,
  issuer: globex,
  client_id: 'agent:acme',
  client_secret: null,
  audience: `${globex}/a2a/desk`,
  scope: null,
  disclosure: 'full',
  person: 'id',
  authorization_details: null,
  ahead: 4,
  cert: null,
  key: null,
  ca: null,
}

interface Bench {
  readonly forms: URLSearchParams[]
  readonly grants: JsonObject[]
  ask(delivery?: string): Promise<UpstreamCredential | Denial>
}

/** An outbound whose tokens are unsigned and whose partner answers with a new token each time, or with that status. */
function bench(partner: Disclosure | null = null, status = 200): Bench {
  const forms: URLSearchParams[] = []
  const grants: JsonObject[] = []
  const fetch = async (_url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    await Promise.resolve()
    forms.push(new URLSearchParams(init?.body as URLSearchParams))
    const body = {
      access_token: `token-${forms.length}`,
      token_type: 'Bearer',
      expires_in: 120,
      error: 'invalid_grant',
    }
    return Response.json(body, { status })
  }
  const sign = async (typ: string, claims: JsonObject): Promise<string | Denial> => {
    await Promise.resolve()
    if (typ !== 'oauth-id-jag+jwt') return 'assertion'
    grants.push(claims)
    return `grant-${grants.length}`
  }
  const partners = partner === null ? [] : [{ issuer: globex, disclosure: partner }]
  const outbound = openOutbound(
    { agents: new Map([[target, { credential: row }]]), partners, pools: 10 },
    { sign, clock: new ManualClock(), dice: countingDice(), pairwise: pairwiseWith(Buffer.alloc(32)), fetch },
  )
  return { forms, grants, ask: async (delivery = deliveryOf()) => await outbound.credentialFor(target, delivery) }
}

function deliveryOf(head = 'H', sub = 'user:tomas'): string {
  const dlg = { v: 1, depth: 2, head, chain: ['console', 'orchestrator', 'desk'] }
  const claims = { iss: 'https://acme.test', sub, sub_profile: 'user', exp: 9e9, dlg }
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
}

describe('a grant', () => {
  test('is spent by RFC 7523 with a client assertion, and its token goes in place of our delivery', async () => {
    const { forms, grants, ask } = bench()
    expect(await ask()).toEqual({ headers: [['authorization', 'Bearer token-1']], replacesDelivery: true })
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'grant-1',
      audience: `${globex}/a2a/desk`,
      client_id: 'agent:acme',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'assertion',
    })
    expect(grants[0]).toMatchObject({
      aud: globex,
      client_id: 'agent:acme',
      sub: 'tomas',
      dlg: { head: 'H', depth: 2 },
    })
  })

  test('serves all calls with one head, and no call with another head or person', async () => {
    const { forms, ask } = bench()
    const same = await Promise.all([ask(), ask(), ask()])
    expect(new Set(same.map((each) => JSON.stringify(each))).size).toBe(1)
    await ask(deliveryOf('another run'))
    await ask(deliveryOf('H', 'user:ana'))
    expect(forms.length).toBe(3)
  })

  test.each([
    [null, ['orchestrator', 'console']],
    ['full', ['orchestrator', 'console']],
    ['actor_only', ['orchestrator']],
  ] as const)('for a partner whose row says %s shows no more than that', async (disclosure, shown) => {
    const { grants, ask } = bench(disclosure)
    await ask()
    const names = [...JSON.stringify(grants[0]?.act).matchAll(/agent:(\w+)/g)].map((found) => found[1])
    expect(new Set(names)).toEqual(new Set(shown))
  })

  test('that the partner refuses is an upstream that cannot be had, and not asked again at once', async () => {
    const { forms, ask } = bench(null, 400)
    const [first, second] = [await ask(), await ask()]
    expect(isDenial(first) && first.detail).toContain('answered 400 invalid_grant')
    expect(second).toMatchObject({ code: 'upstream_unavailable' })
    expect(forms.length).toBe(1)
  })
})
