/** One attempt as it leaves: the caller's headers that may go along, the operator's, and ours, in rising order of who wins. */
import type { Secret } from '../../config/secret.ts'
import type { ProviderSettings } from '../../config/settings-models.ts'
import { familyOf } from '../../domain/call.ts'
import type { Outbound } from '../wire/transport.ts'
import type { Candidate, ModelMission } from './contract.ts'

/** Where the provider Weir answers itself is: nowhere. */
const nowhere = 'http://fake.invalid'

export function modelRequest(mission: ModelMission, candidate: Candidate, key: Secret | null): Outbound {
  const { provider } = candidate
  const { origin, pathOf } = baseOf(provider)
  return {
    method: 'POST',
    origin,
    path: pathOf(mission.path),
    headers: headersOf(mission, candidate, key),
    body: mission.body(candidate),
    tls: null,
    patience: provider.timeouts,
  }
}

/** Where a provider is. */
interface Base {
  readonly origin: string
  /** What is asked there for the path of a mission. */
  pathOf(path: string): string
}

/** Taken apart once for as long as the settings of a provider are in force. */
const bases = new WeakMap<ProviderSettings, Base>()

function baseOf(provider: ProviderSettings): Base {
  const before = bases.get(provider)
  if (before) return before
  const { origin, pathname, search } = new URL(provider.url ?? nowhere)
  const prefix = pathname.replace(/\/+$/, '')
  const pathOf = (asked: string): string => {
    const [path = '', query = ''] = asked.split('?')
    const all = [search.slice(1), query].filter((each) => each !== '').join('&')
    return `${prefix}${path}${all === '' ? '' : `?${all}`}`
  }
  const base = { origin, pathOf }
  bases.set(provider, base)
  return base
}

function headersOf(mission: ModelMission, { provider }: Candidate, key: Secret | null): string[] {
  const headers = new Map<string, string>()
  for (const [name, value] of mission.headers) headers.set(name.toLowerCase(), value)
  for (const [name, value] of provider.headers) headers.set(name, value.reveal())
  headers.set('content-type', 'application/json')
  headers.set('accept-encoding', 'identity')
  for (const name of credentials) headers.delete(name)
  if (key) headers.set(...credentialOf(key, familyOf(mission.call.dialect) === 'anthropic'))
  const list: string[] = []
  for (const [name, value] of headers) list.push(name, value)
  return list
}

/** Those of callers and operators never stand in for a key. */
const credentials = ['authorization', 'x-api-key'] as const

function credentialOf(key: Secret, isAnthropic: boolean): [name: string, value: string] {
  return isAnthropic ? ['x-api-key', key.reveal()] : ['authorization', `Bearer ${key.reveal()}`]
}
