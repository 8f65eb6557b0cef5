/**
 * What no single row of the table can say: names that must exist elsewhere, pairs that must fit. Looks at plain data
 * and skips whatever has the wrong type, because the table has reported that already: so all mistakes come at once.
 */
import { isSlug } from '../domain/ids.ts'
import { alertPairs } from './cross-check-alerts.ts'
import { cardPairs } from './cross-check-cards.ts'
import { credentialPairs } from './cross-check-credentials.ts'
import { driverPairs } from './cross-check-drivers.ts'
import { crossCheckAdmin } from './cross-check-admin.ts'
import { crossCheckIdentity } from './cross-check-identity.ts'
import { crossCheckInstances } from './cross-check-instances.ts'
import { modelPairs } from './cross-check-models.ts'
import { pricePairs } from './cross-check-prices.ts'
import { toolPairs } from './cross-check-tools.ts'
import { toolSetPairs } from './cross-check-tool-sets.ts'
import { readAddress, slugForm } from './fields.ts'
import { valueAt } from './explain.ts'
import { rowsAt, textAt } from './plain.ts'
import { type Finding, type Path, printable } from './problems.ts'
import { defaultAdminListen, defaultListen } from './schema-gateway.ts'
import { nearest } from '../base/suggest.ts'

export function crossCheck(plain: unknown): readonly Finding[] {
  return [
    badSlugs,
    unknownNames,
    repeatedNames,
    gatewayPairs,
    issuerAudiences,
    productionKeys,
    chainCeiling,
    credentialPairs,
    cardPairs,
    driverPairs,
    crossCheckIdentity,
    crossCheckAdmin,
    crossCheckInstances,
    toolPairs,
    toolSetPairs,
    modelPairs,
    pricePairs,
    alertPairs,
  ].flatMap((check) => check(plain))
}

function badSlugs(plain: unknown): readonly Finding[] {
  const named = [['agents'], ['teams'], ['tools', 'servers'], ['tools', 'sets'], ['models', 'providers']].flatMap(
    (section) => rowsAt(plain, section),
  )
  return named.flatMap(([path]): readonly Finding[] => {
    const key = String(path.at(-1))
    if (isSlug(key)) return []
    const meant = key.toLowerCase().replaceAll(/[ _.]/g, '-')
    const suggestion = isSlug(meant) ? meant : null
    return [{ path, atKey: true, message: `key "${printable(key)}"`, expected: slugForm, suggestion }]
  })
}

function unknownNames(plain: unknown): readonly Finding[] {
  const agents = rowsAt(plain, ['agents'])
  const keys = rowsAt(plain, ['identity', 'api_keys']).map(([path]) => [...path, 'agent'])
  const claims = [
    ...rowsAt(plain, ['identity', 'issuers']).flatMap(([path]) => rowsAt(plain, [...path, 'agents'])),
    ...['people', 'partners'].flatMap((list) =>
      rowsAt(plain, ['identity', list]).flatMap(([path]) => rowsAt(plain, [...path, 'clients'])),
    ),
  ]
  const workloads = rowsAt(plain, ['identity', 'issuers'])
    .flatMap(([path]) => rowsAt(plain, [...path, 'workloads']))
    .map(([path]) => [...path, 'agent'])
  const slugs = agents.map(([path]) => String(path[1]))
  const teams = rowsAt(plain, ['teams']).map(([path]) => String(path[1]))
  return [
    ...[...keys, ...workloads].flatMap((path) => unknownName(plain, path, ['agents', '', slugs])),
    ...claims.flatMap(([path]) => unknownName(plain, path, ['agents', '', slugs])),
    ...agents.flatMap(([path]) => unknownName(plain, [...path, 'facet_of'], ['agents', '', slugs])),
    ...[...agents, ...rowsAt(plain, ['tools', 'servers'])].flatMap(([path]) =>
      unknownName(plain, [...path, 'team'], ['teams', 'team:', teams]),
    ),
  ]
}

type Register = readonly [section: string, prefix: string, names: readonly string[]]

function unknownName(plain: unknown, path: Path, [section, prefix, names]: Register): readonly Finding[] {
  const written = textAt(plain, path)
  const name = written.startsWith(prefix) ? written.slice(prefix.length) : written
  if (written === '' || names.includes(name)) return []
  const message = `found "${printable(written)}"`
  return [{ path, message, expected: `a name under ${section}`, suggestion: nearest(name, names) }]
}

function repeatedNames(plain: unknown): readonly Finding[] {
  const lists: readonly (readonly [Path, string])[] = [
    [['identity', 'api_keys'], 'id'],
    [['identity', 'api_keys'], 'sha256'],
    [['identity', 'issuers'], 'issuer'],
    [['identity', 'people'], 'issuer'],
    [['identity', 'partners'], 'issuer'],
    [['identity', 'signals'], 'issuer'],
  ]
  return lists.flatMap(([path, member]) => {
    const seen = new Set<string>()
    return rowsAt(plain, path).flatMap(([row]): readonly Finding[] => {
      const at = [...row, member]
      const value = textAt(plain, at)
      if (value === '' || !seen.has(value)) {
        seen.add(value)
        return []
      }
      return [{ path: at, message: 'the same as before', expected: `a different ${member} for every row` }]
    })
  })
}

const everywhere = new Set(['0.0.0.0', '::', '::0'])
const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/

function gatewayPairs(plain: unknown): readonly Finding[] {
  const listen = readAddress(textAt(plain, ['gateway', 'listen'], defaultListen))
  const admin = readAddress(textAt(plain, ['gateway', 'admin_listen'], defaultAdminListen))
  const findings: Finding[] = []
  const path = ['gateway', 'admin_listen']
  if (admin && !loopback.test(admin.host)) {
    findings.push({ path, message: `found host ${admin.host}`, expected: 'a loopback address such as 127.0.0.1' })
  }
  if (admin && listen && admin.port !== 0 && admin.port === listen.port) {
    findings.push({ path, message: `found port ${admin.port}`, expected: 'another port than gateway.listen' })
  }
  const unnamed = valueAt(plain, ['gateway', 'public_url']) === undefined
  if (listen && unnamed && everywhere.has(listen.host)) {
    const expected = 'the URL callers use, because gateway.listen is every interface'
    findings.push({ path: ['gateway', 'public_url'], message: 'is missing', expected })
  }
  return findings
}

function issuerAudiences(plain: unknown): readonly Finding[] {
  const port = readAddress(textAt(plain, ['gateway', 'listen'], defaultListen))?.port
  if (port !== 0 || valueAt(plain, ['gateway', 'public_url']) !== undefined) return []
  return ['issuers', 'signals']
    .flatMap((list) => rowsAt(plain, ['identity', list]))
    .map(([path]) => [...path, 'audience'])
    .filter((path) => valueAt(plain, path) === undefined)
    .map((path) => ({ path, message: 'is missing', expected: 'an audience, because gateway.listen has port 0' }))
}

function productionKeys(plain: unknown): readonly Finding[] {
  const path = ['identity', 'api_keys']
  if (textAt(plain, ['gateway', 'environment']) !== 'prod' || rowsAt(plain, path).length === 0) return []
  return [{ path, atKey: true, message: 'API keys in prod', expected: 'issuers, or another gateway.environment' }]
}

/** A depth beyond the longest chain could never be reached: the operator would believe in a limit that is not there. */
function chainCeiling(plain: unknown): readonly Finding[] {
  const chain = valueAt(plain, ['maximums', 'chain'])
  const written = valueAt(plain, ['limits', 'run', 'depth_max'])
  const inner = valueAt(written, ['max'])
  const depth = inner ?? written
  if (typeof chain !== 'number' || typeof depth !== 'number' || depth <= chain) return []
  const path = ['limits', 'run', 'depth_max', ...(inner === undefined ? [] : ['max'])]
  return [{ path, message: `found ${depth}`, expected: `at most maximums.chain, which is ${chain}` }]
}
