import { describe, expect, test } from 'vitest'
import { agent, gatewayUrl, person } from '../../../support/identity-kit.ts'
import { abroad, login, Office, resultOf } from '../../../support/office.ts'

describe('a grant of a partner', () => {
  const jkt = 'a'.repeat(43)

  test('is a new root for one of their people, with their chain before it', async () => {
    const office = new Office()
    const act = { sub: 'agent:research', iss: abroad, act: { sub: 'their-orchestrator' } }
    const outcome = await office.granted(
      office.grant({ act, dlg: { head: 'h'.repeat(43) }, cnf: { jkt }, aud: [gatewayUrl] }),
    )
    expect(outcome).toMatchObject({
      kind: 'grant',
      holder: agent('research'),
      person: person('u-17@abroad.example'),
      issuer: abroad,
      tokenId: 'g1',
      ext: { issuer: abroad, head: 'h'.repeat(43), depth: 2, actors: ['their-orchestrator', 'agent:research'] },
      boundTo: { kind: 'dpop', thumbprint: jkt },
      authority: { scopes: null, details: [{ type: 'agent_invoke', targets: ['planner', 'writer'] }] },
      delegation: null,
      singleUse: true,
    })
  })

  test('carries no more than the grant says and no more than the partner may', async () => {
    const office = new Office()
    const wide = [{ type: 'agent_invoke', targets: ['writer', 'database'] }]
    const outcome = await office.granted(office.grant({ scope: 'b a', authorization_details: wide }))
    const details = [{ type: 'agent_invoke', targets: ['writer'] }]
    expect(outcome).toMatchObject({ authority: { scopes: ['a', 'b'], details } })
  })

  test('of an undisclosed chain says how long that is', async () => {
    const office = new Office()
    const outcome = await office.granted(office.grant({ act: { sub: 'last' }, dlg: { depth: 4 } }))
    expect(outcome).toMatchObject({ ext: { depth: 4, actors: ['last'], head: null } })
  })

  test.each<[string, object, object?]>([
    ['the typ of a login', {}, { typ: 'JWT' }],
    ['no typ', {}, { typ: undefined }],
    ['the typ of an access token', {}, { typ: 'at+jwt' }],
    ['two audiences', { aud: [gatewayUrl, abroad] }],
    ['another audience', { aud: `${gatewayUrl}/oauth/token` }],
    ['no audience', { aud: undefined }],
    ['another issuer', { iss: login }],
    ['our name as issuer', { iss: gatewayUrl }],
    ['no jti', { jti: undefined }],
    ['no iat', { iat: undefined }],
    ['a lifetime over that of the partner', { exp: 1_800_000_301 }],
    ['an iat ahead', { iat: 1_800_000_031, exp: 1_800_000_100 }],
    ['an exp that is past', { iat: 1_799_999_900, exp: 1_799_999_969 }],
    ['no client_id', { client_id: undefined }],
    ['a client nobody registered', { client_id: 'other' }],
    ['an agent of ours as client_id', { client_id: 'agent:research' }],
    ['the member of a prototype as client_id', { client_id: 'constructor' }],
    ['a sub that is no name', { sub: 'a b' }],
    ['an unknown type of authority', { authorization_details: [{ type: 'root' }] }],
    ['authority that is no list', { authorization_details: {} }],
    ['a scope that is no text', { scope: ['a'] }],
    ['a scope with control characters', { scope: 'a\nb' }],
    ['an actor without a name', { act: { iss: abroad } }],
    ['an actor that is a text', { act: 'agent:research' }],
    ['a broken inner actor', { act: { sub: 'a', act: null } }],
    ['a chain as long as it may become', { dlg: { depth: 5 } }],
    ['a depth that is no number', { dlg: { depth: '1' } }],
    ['a depth below nothing', { dlg: { depth: -1 } }],
    ['a head that is no hash', { dlg: { head: 'h' } }],
    ['a commitment that is no object', { dlg: 'h' }],
    ['a key that cannot be checked', { cnf: { jwk: {} } }],
    ['two keys', { cnf: { jkt, 'x5t#S256': jkt } }],
  ])('with %s is refused', async (_what, change, header = {}) => {
    const office = new Office()
    expect(await office.granted(office.grant(change, header))).toMatchObject({
      error: 'invalid_grant',
      description: 'The assertion is not valid',
    })
  })

  test('is no subject token, and a login is no grant', async () => {
    const office = new Office()
    for (const type of ['jwt', 'id_token', 'access_token']) {
      expect(resultOf(await office.subject(office.grant(), type))).toBe('invalid_request')
    }
    expect(resultOf(await office.granted(office.idToken()))).toBe('invalid_grant')
    expect(resultOf(await office.granted(office.callToken()))).toBe('invalid_grant')
  })

  test('cannot name a person of ours, for its people carry their own ending', async () => {
    const office = new Office()
    const outcome = await office.granted(office.grant({ sub: 'tomas' }))
    expect(resultOf(outcome)).toBe('grant agent:research user:tomas@abroad.example')
  })
})
