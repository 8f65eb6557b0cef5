/** A key vouches for its own issuer in its own role. Whoever owns one good key tries to speak with it for everybody else. */
import { describe, expect, test } from 'vitest'
import { forge } from '../support/identity-kit.ts'
import { roleNames, RolesWorld } from '../support/roles.ts'

/** The roles whose tokens are signed with the key of somebody who has a name; a proof brings its own key. */
const named = roleNames.filter((name) => name !== 'proof of possession')
/** Different keys of one issuer: what it signs as a caller and as a client proves the same agent. */
const sameKey = new Set(['token of an issuer workload assertion', 'workload assertion token of an issuer'])
const ours = new Set(['call token Txn-Token', 'Txn-Token call token'])

const respelled = (iss: string): readonly unknown[] => {
  const texts = [`${iss}/`, ` ${iss}`, iss.toUpperCase(), `${iss}#`, '']
  return [...texts, [iss], { iss }, null, undefined, true]
}

describe.each(named)('threat 13: the claims of a %s', (claimed) => {
  test.each(named.filter((name) => name !== claimed))('are not vouched for by the key of a %s', async (signer) => {
    const pair = `${claimed} ${signer}`
    if (sameKey.has(pair) || ours.has(pair)) return
    const world = new RolesWorld()
    const role = await world.role(claimed)
    const other = await world.role(signer)
    const kidOf = (header: object): unknown => ('kid' in header ? header.kid : undefined)
    for (const header of [role.header, { ...role.header, kid: kidOf(other.header) }, other.header])
      expect(await role.show(forge(other.key, header, role.claims))).not.toBe('ok')
  })

  test('are not vouched for by a stranger under the right kid, and are by their own key', async () => {
    const world = new RolesWorld()
    const role = await world.role(claimed)
    const stranger = await new RolesWorld().role('token of an issuer')
    expect(await role.show(forge(stranger.key, role.header, role.claims))).not.toBe('ok')
    expect(await role.show(forge(role.key, role.header, role.claims))).toBe('ok')
  })

  test('say the name of no other issuer, however it is spelled', async () => {
    const world = new RolesWorld()
    const role = await world.role(claimed)
    const { iss } = role.claims as { readonly iss: string }
    const others = await Promise.all(named.map(async (name) => (await world.role(name)).claims as { iss?: unknown }))
    const names = new Set([
      ...others.map((claims) => claims.iss),
      ...respelled(iss),
      'https://idp.example/tenant-a/../tenant-b',
      'https://idp.example/{tenantid}/v2.0',
    ])
    names.delete(iss)
    for (const each of names)
      expect([each, await role.show(forge(role.key, role.header, { ...role.claims, iss: each }))]).not.toContain('ok')
  })
})
