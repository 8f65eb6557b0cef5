/**
 * What a header says about its key is a name to look up in a table and nothing else: no path, no query, no address. Spies
 * stand on every way to a file or to the network.
 */
import fs, { readFileSync } from 'node:fs'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { encode, forge, idp, issuerKey } from '../support/identity-kit.ts'
import { roleNames, RolesWorld } from '../support/roles.ts'

const touched: string[] = []
let world: RolesWorld

function spyOn(place: object, name: string): void {
  const methods = place as Record<string, (...args: unknown[]) => unknown>
  const real = methods[name]
  if (!real) throw new Error(name)
  vi.spyOn(methods, name).mockImplementation(function spied(this: unknown, ...args: unknown[]) {
    touched.push(`${name} ${JSON.stringify(args[0])}`)
    return real.apply(this, args)
  })
}

beforeEach(async () => {
  world = new RolesWorld()
  for (const name of roleNames) expect([name, await world.changed(name, {})]).toEqual([name, 'ok'])
  for (const name of ['readFileSync', 'readFile', 'openSync', 'open', 'createReadStream', 'existsSync', 'statSync'])
    spyOn(fs, name)
  for (const name of ['readFile', 'open', 'stat']) spyOn(fs.promises, name)
  spyOn(dns, 'lookup')
  spyOn(Socket.prototype, 'connect')
  spyOn(globalThis, 'fetch')
  syncBuiltinESMExports()
  touched.length = 0
  world.fetched.length = 0
})

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

const kids: Readonly<Record<string, unknown>> = {
  'a path': '../../../dev/null',
  'an absolute path': '/etc/passwd',
  'a path of Windows': String.raw`..\..\windows\win.ini`,
  'a file URL': 'file:///dev/null',
  'an address': 'http://127.0.0.1:1/key',
  'a query': "' UNION SELECT 'key' --",
  'a command': '$(curl http://127.0.0.1:1/)',
  'a NUL': '\u0000',
  'a line break': 'idp-1\r\nx: y',
  '10 KB': 'k'.repeat(10_240),
  'a name nobody has': 'unheard-of',
  'a member of every object': 'constructor',
  'the prototype': '__proto__',
  'a list': ['idp-1'],
  'an object': { toString: 'idp-1' },
  'a number': 0,
  nothing: '',
}

test('the spies see what modules read and ask for', async () => {
  readFileSync(import.meta.filename)
  await fetch('http://127.0.0.1:1/').catch(() => null)
  expect(touched.map((each) => each.split(' ')[0])).toEqual(expect.arrayContaining(['readFileSync', 'fetch']))
})

/** A proof brings its key along, so the name of a key is no part of it. */
const withKid = roleNames.filter((name) => name !== 'proof of possession')

describe('threat 2: a kid that is', () => {
  test.each(Object.keys(kids))('%s is refused in every role, without a look at disk or network', async (what) => {
    for (const name of withKid) expect([name, await world.changed(name, { kid: kids[what] })]).not.toContain('ok')
    expect(touched).toEqual([])
  })
})

describe('threat 3: a header that says where its key is', () => {
  const at = 'http://127.0.0.1:1/jwks'
  test.each([
    ['jku', at],
    ['x5u', at],
    ['x5c', ['AAAA']],
    ['jwk', issuerKey('idp-1').jwk],
    ['crit', ['exp']],
    ['b64', true],
    ['zip', 'DEF'],
  ])('in %s is refused in every role, and nothing is asked for', async (member, value) => {
    for (const name of member === 'jwk' ? withKid : roleNames)
      expect([name, await world.changed(name, { [member]: value })]).not.toContain('ok')
    expect(touched).toEqual([])
    expect(world.fetched).toEqual([])
  })

  test('is refused also where the key it brings would hold', async () => {
    const role = await world.role('token of an issuer')
    const raw = forge(role.key, { ...role.header, jwk: world.idpKey.jwk }, role.claims)
    expect(await role.show(raw)).toBe('unauthenticated')
  })
})

describe('threat 4: a flood of invented key ids', () => {
  test('makes us read the keys of an issuer at most once in 30 s', async () => {
    const { header, claims } = await world.role('token of an issuer')
    const flood = async (from: number): Promise<Set<string>> => {
      const outcomes = Array.from({ length: 10_000 }, async (_, n) => {
        const raw = unsigned({ ...header, kid: `invented-${from + n}` }, claims)
        return await (await world.role('token of an issuer')).show(raw)
      })
      return new Set(await Promise.all(outcomes))
    }
    world.clock.advance(30_000)
    expect([...(await flood(0))].filter((code) => code !== 'busy')).toEqual(['unauthenticated'])
    expect(world.fetched).toEqual(['test:idp'])
    expect([...(await flood(10_000))].filter((code) => code !== 'busy')).toEqual(['unauthenticated'])
    expect(world.fetched).toEqual(['test:idp'])
    world.clock.advance(30_000)
    await flood(20_000)
    expect(world.fetched).toEqual(['test:idp', 'test:idp'])
  })

  test('of an issuer nobody configured reads nothing at all', async () => {
    const role = await world.role('token of an issuer')
    world.clock.advance(30_000)
    for (const iss of ['https://evil.example', `${idp}/`, `${idp}.evil.example`, 'test:idp', 'file:///dev/null'])
      expect(await role.show(unsigned({ ...role.header, kid: 'x' }, { ...role.claims, iss }))).toBe('unauthenticated')
    expect([touched, world.fetched]).toEqual([[], []])
  })
})

/** Right in form and signed by nobody. */
function unsigned(header: object, claims: object): string {
  return `${encode(header)}.${encode(claims)}.${Buffer.alloc(64, 7).toString('base64url')}`
}
