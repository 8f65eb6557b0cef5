/** What no single row can say of certificates and of tokens for upstreams: members that only make sense together. */
import { valueAt } from './explain.ts'
import { rowsAt } from './plain.ts'
import type { Finding, Path } from './problems.ts'

/** The issuer is the audience of a grant, so there it cannot be left to a default. */
const neededBy: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['client_credentials', ['token_endpoint', 'client_id']],
  ['exchange', ['token_endpoint', 'client_id']],
  ['grant', ['token_endpoint', 'client_id', 'issuer']],
  ['user', []],
])

/** TLS of the data listener, and the credential of every agent and tool server. */
export function credentialPairs(plain: unknown): readonly Finding[] {
  const rows = [['agents'], ['tools', 'servers']].flatMap((section) => rowsAt(plain, section))
  return [...listenerTls(plain), ...rows.flatMap(([path]) => credential(plain, path)), ...connections(plain)]
}

function listenerTls(plain: unknown): readonly Finding[] {
  const asked = valueAt(plain, ['gateway', 'tls', 'client_cert'])
  if (asked !== 'optional' && asked !== 'required') return []
  return wanted(plain, ['gateway', 'tls', 'client_ca'], `a file of CAs, because client_cert is ${asked}`)
}

function credential(plain: unknown, agent: Path): readonly Finding[] {
  const base = [...agent, 'credential']
  const has = (name: string): boolean => valueAt(plain, [...base, name]) !== undefined
  const pair = ['cert', 'key'].filter((name) => !has(name))
  const halves =
    pair.length === 1 ? wanted(plain, [...base, pair[0] ?? ''], 'a path, for cert and key come together') : []
  const mode = valueAt(plain, [...base, 'mode'])
  const needed = neededBy.get(mode)
  if (!needed) return halves
  const missing = needed.flatMap((name) => wanted(plain, [...base, name], `a value, because mode is ${String(mode)}`))
  return [...halves, ...missing, ...twoAuthorizations(plain, [...agent, 'headers'])]
}

/** A client id of ours is for one authorization server: sent to another, its secret would be told. */
function connections(plain: unknown): readonly Finding[] {
  return rowsAt(plain, ['tools', 'servers']).flatMap(([server]) => {
    const base = [...server, 'credential']
    const has = (name: string): boolean => valueAt(plain, [...base, name]) !== undefined
    const mode = valueAt(plain, [...base, 'mode'])
    const isProcess = valueAt(plain, [...server, 'process']) !== undefined
    if (isProcess && mode !== undefined && mode !== 'none')
      return unfit(true, [...base, 'mode'], 'none, because a process is given its credentials in its environment')
    if (mode !== 'user')
      return unfit(has('client_metadata_url'), [...base, 'client_metadata_url'], 'credential.mode user')
    if (server.at(-1) === 'callback') return unfit(true, server, 'another name, because /connect/callback is taken')
    const place = unfit(has('token_endpoint'), [...base, 'token_endpoint'], 'nothing, because user finds it out')
    if (!has('client_id')) return place
    return [...place, ...wanted(plain, [...base, 'issuer'], 'the authorization server that knows client_id')]
  })
}

function unfit(found: boolean, path: Path, expected: string): readonly Finding[] {
  return found ? [{ path, atKey: true, message: `found ${String(path.at(-1))}`, expected }] : []
}

function wanted(plain: unknown, path: Path, expected: string): readonly Finding[] {
  return valueAt(plain, path) === undefined ? [{ path, message: 'is missing', expected }] : []
}

/** One header, two credentials: the target would choose. */
function twoAuthorizations(plain: unknown, path: Path): readonly Finding[] {
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
