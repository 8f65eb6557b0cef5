/** SDKs for Anthropic send a key of ours as `x-api-key`; from here on it is the Bearer credential it is. */
import type { Inbound } from '../../protocol/http.ts'

/** With both headers, `authorization` stands and the other has to say the same: two credentials are none. */
export function withBearer(inbound: Inbound): Inbound {
  const { headers } = inbound
  const key = headers.get('x-api-key')
  if (key === undefined) return inbound
  const shown = headers.get('authorization')
  const bearer = `Bearer ${key}`
  const authorization = shown === undefined || shown === bearer ? bearer : `${shown}, ${bearer}`
  return { ...inbound, headers: new Map([...headers, ['authorization', authorization]]) }
}
