import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cryptoDice } from '../../../../src/base/dice.ts'
import type { JsonObject } from '../../../../src/base/json.ts'
import { isDenial } from '../../../../src/domain/verdict.ts'
import { openPairwise, pairwiseWith } from '../../../../src/identity/outbound/pairwise.ts'
import { type GrantPlace, grantOf, timed } from '../../../../src/identity/outbound/partner-grant.ts'

const place: GrantPlace = {
  issuer: 'https://globex.test',
  client_id: 'agent:acme',
  scope: null,
  disclosure: 'actor_only',
  person: 'pairwise',
  authorization_details: null,
}
const ext = { iss: 'https://third.test', head: 'third', depth: 2, actors: ['agent:secret-of-a-third'] }
const dlg = { v: 1, depth: 3, max: 5, root: 'R', prh: 'P', head: 'H', chain: ['a', 'b', 'c', 'globex'], hops: [] }
const delivery = { iss: 'https://acme.test', sub: 'user:tomas', sub_profile: 'user', exp: 900, txn: 'run_1', dlg }
const pairwise = pairwiseWith(Buffer.alloc(32, 1))

function claimsOf(change: Partial<GrantPlace> = {}, more: JsonObject = {}): JsonObject {
  const said = grantOf({ ...delivery, ...more }, { ...place, ...change }, pairwise)
  if (isDenial(said)) throw new Error(said.detail)
  return said.claims
}

describe('a grant for a partner', () => {
  test('says issuer, audience, client, the newest actor, and head and length of the chain; nothing else of it', () => {
    const sub = pairwise('https://globex.test', 'tomas')
    expect(claimsOf()).toEqual({
      iss: 'https://acme.test',
      aud: 'https://globex.test',
      sub,
      client_id: 'agent:acme',
      exp: 900,
      act: { sub: 'agent:c' },
      dlg: { head: 'H', depth: 3 },
    })
  })

  test.each([
    ['full', { sub: 'agent:c', act: { sub: 'agent:b', act: { sub: 'agent:a' } } }],
    ['subset', { sub: 'agent:c', act: { sub: 'agent:b' } }],
    ['actor_only', { sub: 'agent:c' }],
  ] as const)('with %s shows these actors, newest outermost', (disclosure, act) => {
    expect(claimsOf({ disclosure })).toMatchObject({ act, dlg: { head: 'H', depth: 3 } })
  })

  test('shows all of a chain that is longer than the act of a delivery', () => {
    const chain = ['a', 'b', 'c', 'd', 'e', 'f', 'globex']
    const claims = claimsOf({ disclosure: 'full' }, { dlg: { ...dlg, chain, depth: 6 } })
    expect(JSON.stringify(claims.act).match(/agent:/g)).toHaveLength(6)
  })

  test('counts a chain that was foreign to us, and does not show it on', () => {
    const claims = claimsOf({ disclosure: 'full' }, { dlg: { ...dlg, ext } })
    expect(claims.dlg).toEqual({ head: 'H', depth: 5 })
    expect(JSON.stringify(claims)).not.toContain('third')
  })

  test('carries what the operator hands on, or what the chain holds, and never a scope that is not held', () => {
    const details = [{ type: 'agent_invoke', targets: ['desk'] }] as const
    const held = { scope: 'a b', authorization_details: [{ type: 'agent_invoke', targets: ['globex'] }] }
    expect(claimsOf({}, held)).toMatchObject(held)
    expect(claimsOf({ scope: 'b', authorization_details: details }, held)).toMatchObject({
      scope: 'b',
      authorization_details: details,
    })
    const wider = grantOf({ ...delivery, ...held }, { ...place, scope: 'b c' }, pairwise)
    expect(wider).toMatchObject({ code: 'policy_denied', rule: 'credential.scope' })
  })

  test('is for a person: a run that nobody stands behind gets none', () => {
    const alone = { ...delivery, sub: 'agent:a', sub_profile: 'service' }
    expect(grantOf(alone, place, pairwise)).toMatchObject({ code: 'policy_denied', rule: 'credential.grant' })
  })

  test('lives for five minutes at most, and no longer than the delivery', () => {
    expect(timed(claimsOf(), 100, 'j')).toMatchObject({ iat: 100, exp: 400, jti: 'j' })
    expect(timed(claimsOf(), 800, 'j')).toMatchObject({ iat: 800, exp: 900 })
  })
})

describe('pairwise names', () => {
  const folder = (): string => {
    const dir = mkdtempSync(join(tmpdir(), 'weir-pairwise-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    return dir
  }

  test('are the same for one issuer, differ between issuers and people, and are people for a partner', () => {
    expect(pairwise('i', 'tomas')).toBe(pairwise('i', 'tomas'))
    expect(new Set([pairwise('i', 'tomas'), pairwise('j', 'tomas'), pairwise('i', 'ana')]).size).toBe(3)
    expect(pairwise('i', 'tomas')).toMatch(/^[0-9a-f]{64}$/)
  })

  test('outlive a restart, by a secret nobody else may read', () => {
    const dir = folder()
    const [before, after] = [openPairwise(dir, cryptoDice()), openPairwise(dir, cryptoDice())]
    if (typeof before !== 'function' || typeof after !== 'function') throw new Error('the secret opens')
    expect(after('i', 'tomas')).toBe(before('i', 'tomas'))
    const file = join(dir, 'keys', 'pairwise.secret')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const other = openPairwise(folder(), cryptoDice())
    expect(typeof other === 'function' && other('i', 'tomas')).not.toBe(before('i', 'tomas'))
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
  })

  test('are not made with a secret that others may read or that is none', () => {
    const dir = folder()
    openPairwise(dir, cryptoDice())
    const file = join(dir, 'keys', 'pairwise.secret')
    chmodSync(file, 0o644)
    expect(openPairwise(dir, cryptoDice())).toMatchObject({ kind: 'key_problem' })
    chmodSync(file, 0o600)
    writeFileSync(file, 'short')
    expect(openPairwise(dir, cryptoDice())).toMatchObject({ kind: 'key_problem' })
  })
})
