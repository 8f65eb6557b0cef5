/** One attempt as it leaves: the caller's headers that may go along, the operator's, and ours, in rising order of who wins. */
import type { Secret } from '../../config/secret.ts'
import { familyOf } from '../../domain/call.ts'
import type { Outbound } from '../wire/transport.ts'
import type { Candidate, ModelMission } from './contract.ts'

/** Where the provider Weir answers itself is: nowhere. */
const nowhere = 'http://fake.invalid'

export function modelRequest(mission: ModelMission, candidate: Candidate, key: Secret | null): Outbound {
  const { url, timeouts } = candidate.provider
  const { origin, pathname, search } = new URL(url ?? nowhere)
  const [path = '', query = ''] = mission.path.split('?')
  const asked = [search.slice(1), query].filter((each) => each !== '').join('&')
  return {
    method: 'POST',
    origin,
    path: `${pathname.replace(/\/+$/, '')}${path}${asked === '' ? '' : `?${asked}`}`,
    headers: headersOf(mission, candidate, key),
    body: mission.body(candidate),
    tls: null,
    patience: timeouts,
  }
}

function headersOf(mission: ModelMission, { provider }: Candidate, key: Secret | null): string[] {
  const headers = new Map<string, string>()
  for (const [name, value] of mission.headers) headers.set(name.toLowerCase(), value)
  for (const [name, value] of provider.headers) headers.set(name, value.reveal())
  headers.set('content-type', 'application/json')
  headers.set('accept-encoding', 'identity')
  for (const name of credentials) headers.delete(name)
  if (key) headers.set(...credentialOf(key, familyOf(mission.call.dialect) === 'anthropic'))
  return [...headers].flat()
}

/** Those of callers and operators never stand in for a key. */
const credentials = ['authorization', 'x-api-key'] as const

function credentialOf(key: Secret, isAnthropic: boolean): [name: string, value: string] {
  return isAnthropic ? ['x-api-key', key.reveal()] : ['authorization', `Bearer ${key.reveal()}`]
}
