/** How a server of the modern era is met: `server/discover`, and what every request says of whoever speaks. */
import { arrayItems, valueAtPath } from '../../base/json-edit.ts'
import { firstModern, metaPrefix } from '../../protocol/mcp/words.ts'
import { makeFault } from '../wire/transport.ts'
import { type Answered, askServer } from './ask-server.ts'
import { aboutOf, clientInfo } from './legacy-greeting.ts'
import type { About } from './link.ts'
import { modernHeaders } from './mirrors.ts'
import { type Member, withMeta } from './params.ts'
import type { LinkParts } from './shared.ts'

export interface Met {
  readonly kind: 'met'
  readonly about: About
}

export async function meetServer(parts: LinkParts, id: string, wait_ms: number): Promise<Met | Answered> {
  const method = 'server/discover'
  const params = withMeta(null, speakerMeta(parts))
  const answered = await askServer(parts, { id, method, params, headers: modernHeaders(method, params, []), wait_ms })
  if (answered.kind !== 'result') return answered
  const versions = valueAtPath(answered.result, ['supportedVersions'])
  const speaks = versions !== null && arrayItems(versions).some((each) => each.toString() === `"${firstModern}"`)
  if (speaks) return { kind: 'met', about: aboutOf(answered.result, 'modern', firstModern) }
  return { ...answered, kind: 'fault', fault: makeFault('bad_answer', 'it does not speak the revision we speak', true) }
}

/** With every request: the revision, what the client can be asked, and who asks, which is Weir and not its client. */
export function speakerMeta({ speaker, version }: Pick<LinkParts, 'speaker' | 'version'>): readonly Member[] {
  return [
    [`${metaPrefix}protocolVersion`, JSON.stringify(firstModern)],
    [`${metaPrefix}clientCapabilities`, speaker.capabilities],
    [`${metaPrefix}clientInfo`, clientInfo(version)],
  ]
}
