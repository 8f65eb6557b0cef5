/**
 * Our extension of A2A: a message says in its metadata which run it belongs to, as headers do. It is read where the
 * request names it among its extensions (A2A 1.0 section 3.2.6), and costs nothing where it does not.
 */
import { scanJson } from '../../base/json-scan.ts'
import { jsonShape } from '../../base/json-shape.ts'
import type { HeaderMap } from '../http.ts'
import type { SaidOfRun } from '../run-context.ts'

export const runExtension = 'https://weir.dev/ext/run/v1'

const member = runExtension.replaceAll('.', '\\.')
/** Where a message stands: over JSON-RPC, over REST, and over REST of 0.3. */
const [rpc, rest, rest03] = ['params.message', 'message', 'request'] as const
const holders = [rpc, rest, rest03] as const
type Part = 'run_id' | 'parent_hop' | 'traceparent'
const parts: readonly Part[] = ['run_id', 'parent_hop', 'traceparent']

const shape = jsonShape<string>(
  holders.flatMap((holder) => parts.map((part) => pathOf(holder, part))),
  'ignore',
)

function pathOf(holder: (typeof holders)[number], part: Part): string {
  return `${holder}.metadata.${member}.${part}`
}

/** What the metadata of the message says of the run; null where it says nothing, or cannot be read. */
export function saidInMetadata(headers: HeaderMap, body: Uint8Array): SaidOfRun | null {
  const named = headers.get('a2a-extensions') ?? headers.get('x-a2a-extensions')
  if (named?.includes(runExtension) !== true) return null
  const spans = scanJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength), shape)
  if (spans.kind === 'mistake') return null
  const text = (part: Part): string | null => {
    const holder = holders.find((each) => spans.has(pathOf(each, part)))
    return holder === undefined ? null : (spans.text(pathOf(holder, part)) ?? '')
  }
  return { run_id: text('run_id'), parent_hop: text('parent_hop'), traceparent: text('traceparent') }
}
