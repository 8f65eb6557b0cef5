/** What no single row of the table can say about identity: authorities, workloads, issuers. */
import { isJsonObject } from '../base/json.ts'
import { misfitsOf } from '../domain/authority/read.ts'
import type { Misfit } from '../domain/authority/misfit.ts'
import { valueAt } from './explain.ts'
import { addressUrl, readAddress } from './fields.ts'
import { rowsAt, textAt } from './plain.ts'
import { type Finding, type Path, printable } from './problems.ts'
import { defaultListen } from './schema-gateway.ts'
import { nearest } from '../base/suggest.ts'

export function crossCheckIdentity(plain: unknown): readonly Finding[] {
  return [unreadableAuthorities, unpinnedWorkloads, sharedProofs, ownIssuers].flatMap((check) => check(plain))
}

/** A ceiling that is misspelt would hold nothing, so it is judged here with the words tokens are judged with. */
function unreadableAuthorities(plain: unknown): readonly Finding[] {
  const holders = [
    ...['people', 'partners'].flatMap((list) => rowsAt(plain, ['identity', list])).map(([path]) => path),
    ...rowsAt(plain, ['agents']).flatMap(([path]) => [
      [...path, 'client'],
      [...path, 'credential'],
    ]),
  ]
  return holders.flatMap((holder) => {
    const path = [...holder, 'authorization_details']
    const details = valueAt(plain, path)
    // A detail that is no mapping at all was reported by the table.
    const misfits = misfitsOf(details).filter(({ path: [at = 0] }) => isJsonObject(valueAt(details, [at])))
    return misfits.map((misfit) => findingOf(misfit, path, plain))
  })
}

function findingOf({ path: below, expected, atKey, choices }: Misfit, above: Path, plain: unknown): Finding {
  const path = [...above, ...below]
  const key = String(below.at(-1))
  if (atKey && choices.length === 0) return { path, atKey, message: `key "${printable(key)}"`, expected }
  if (atKey) return { path, atKey, message: 'unknown key', expected, suggestion: nearest(key, choices) }
  const suggestion = nearest(textAt(plain, path), choices)
  return { path, message: found(valueAt(plain, path)), expected, suggestion }
}

/** A text may have come from a variable, so it is not shown. */
function found(value: unknown): string {
  if (value === undefined) return 'is missing'
  if (value === null) return 'found nothing'
  if (Array.isArray(value)) return 'found a list'
  return typeof value === 'number' || typeof value === 'boolean' ? `found ${value}` : `found a ${nouns[typeof value]}`
}

const nouns: Readonly<Partial<Record<string, string>>> = { string: 'text', object: 'mapping' }

/** Other claims are often shared by everything that runs in one place; only `sub` names one workload. */
function unpinnedWorkloads(plain: unknown): readonly Finding[] {
  return rowsAt(plain, ['identity', 'issuers'])
    .flatMap(([path]) => rowsAt(plain, [...path, 'workloads']))
    .map(([path]) => [...path, 'claims'])
    .filter((path) => isJsonObject(valueAt(plain, path)) && valueAt(plain, [...path, 'sub']) === undefined)
    .map((path) => ({
      path: [...path, 'sub'],
      message: 'is missing',
      expected: 'the exact sub claim, because no other names one workload',
    }))
}

/** What two agents show would prove neither, so both would stay out without a word. */
function sharedProofs(plain: unknown): readonly Finding[] {
  const owners = new Map<string, string>()
  return rowsAt(plain, ['agents']).flatMap(([path]): readonly Finding[] => {
    const slug = String(path[1])
    const claims = [
      [...path, 'client', 'spiffe_id'],
      ...rowsAt(plain, [...path, 'client', 'cert_sha256']).map(([each]) => each),
    ].filter((claim) => textAt(plain, claim) !== '')
    return claims.flatMap((claim) => {
      const name = textAt(plain, claim)
      const owner = owners.get(name) ?? slug
      owners.set(name, owner)
      if (owner === slug) return []
      return [
        { path: claim, message: `the same as of agent "${printable(owner)}"`, expected: 'what is one agent only' },
      ]
    })
  })
}

/** Tokens of our own name are ours alone: an outside issuer of that name could write them. */
function ownIssuers(plain: unknown): readonly Finding[] {
  const own = ownUrl(plain)
  if (own === null) return []
  return ['issuers', 'people', 'partners', 'signals']
    .flatMap((list) => rowsAt(plain, ['identity', list]))
    .map(([path]) => [...path, 'issuer'])
    .filter((path) => URL.parse(textAt(plain, path))?.href === own)
    .map((path) => ({ path, message: 'the same as gateway.public_url', expected: 'an issuer that is not Weir itself' }))
}

/** Our own URL, written or made of listen; null where it is not known before the port is bound. */
function ownUrl(plain: unknown): string | null {
  const address = readAddress(textAt(plain, ['gateway', 'listen'], defaultListen))
  const secure = valueAt(plain, ['gateway', 'tls']) !== undefined
  const made = address && address.port !== 0 ? addressUrl(address, secure) : ''
  return URL.parse(textAt(plain, ['gateway', 'public_url'], made))?.href ?? null
}
