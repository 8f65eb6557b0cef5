/** What no single row can say of certificates and of tokens for upstreams: members that only make sense together. */
import { valueAt } from './explain.ts'
import { isPlainUrl } from './fields.ts'
import type { Finding, Path } from './problems.ts'
import { isLoopbackOrSecure } from './schema-trust.ts'

/** TLS of the data listener, and the credential of every agent. */
export function credentialPairs(plain: unknown): readonly Finding[] {
  const agents = valueAt(plain, ['agents'])
  const slugs = typeof agents === 'object' && agents !== null ? Object.keys(agents) : []
  return [...listenerTls(plain), ...slugs.flatMap((slug) => credential(plain, slug))]
}

function listenerTls(plain: unknown): readonly Finding[] {
  const asked = valueAt(plain, ['gateway', 'tls', 'client_cert'])
  if (asked !== 'optional' && asked !== 'required') return []
  return wanted(plain, ['gateway', 'tls', 'client_ca'], `a file of CAs, because client_cert is ${asked}`)
}

function credential(plain: unknown, slug: string): readonly Finding[] {
  const base = ['agents', slug, 'credential']
  const has = (name: string): boolean => valueAt(plain, [...base, name]) !== undefined
  const pair = ['cert', 'key'].filter((name) => !has(name))
  const halves =
    pair.length === 1 ? wanted(plain, [...base, pair[0] ?? ''], 'a path, for cert and key come together') : []
  const mode = valueAt(plain, [...base, 'mode'])
  if (mode !== 'client_credentials' && mode !== 'exchange') return halves
  const missing = ['token_endpoint', 'client_id'].flatMap((name) =>
    wanted(plain, [...base, name], `a value, because mode is ${mode}`),
  )
  return [
    ...halves,
    ...missing,
    ...clearEndpoint(plain, [...base, 'token_endpoint']),
    ...twoAuthorizations(plain, slug),
  ]
}

function wanted(plain: unknown, path: Path, expected: string): readonly Finding[] {
  return valueAt(plain, path) === undefined ? [{ path, message: 'is missing', expected }] : []
}

/** Our secret and their tokens would be read on the way. */
function clearEndpoint(plain: unknown, path: Path): readonly Finding[] {
  const url = valueAt(plain, path)
  if (typeof url !== 'string' || !isPlainUrl(url) || isLoopbackOrSecure(url)) return []
  return [{ path, message: 'found http', expected: 'an https URL, or http on loopback' }]
}

/** One header, two credentials: the target would choose. */
function twoAuthorizations(plain: unknown, slug: string): readonly Finding[] {
  const path = ['agents', slug, 'headers']
  const headers = valueAt(plain, path)
  if (typeof headers !== 'object' || headers === null) return []
  return Object.keys(headers)
    .filter((name) => name.toLowerCase() === 'authorization')
    .map((name) => ({
      path: [...path, name],
      atKey: true,
      message: 'beside a credential that writes it',
      expected: 'no Authorization header, or credential.mode none',
    }))
}
