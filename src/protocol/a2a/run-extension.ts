/**
 * Our extension of A2A: a message says in its metadata which run it belongs to, as headers do. It is meant for us alone, so
 * it is read whether the request lists it or not, and never handed on.
 */
import { editJson } from '../../base/json-edit.ts'
import { scanJson } from '../../base/json-scan.ts'
import { jsonShape } from '../../base/json-shape.ts'
import type { SaidOfRun } from '../run-context.ts'

export const runExtension = 'https://weir.dev/ext/run/v1'
/** Every message is looked through for this: a short text is found in a fifth of the time of a long one. */
const mark = Buffer.from('/ext/run/v1')

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
export function saidInMetadata(body: Uint8Array): SaidOfRun | null {
  const bytes = bytesOf(body)
  if (!bytes.includes(mark)) return null
  const spans = scanJson(bytes, shape)
  if (spans.kind === 'mistake') return null
  const text = (part: Part): string | null => {
    const holder = holders.find((each) => spans.has(pathOf(each, part)))
    return holder === undefined ? null : (spans.text(pathOf(holder, part)) ?? '')
  }
  const said = { run_id: text('run_id'), parent_hop: text('parent_hop'), traceparent: text('traceparent') }
  return said.run_id === null && said.parent_hop === null && said.traceparent === null ? null : said
}

/** The body as its agent is meant to see it: what was said to us is taken out, every other byte stands. */
export function withoutRun(body: Uint8Array): Uint8Array {
  const bytes = bytesOf(body)
  if (!bytes.includes(mark)) return body
  return editJson(
    bytes,
    holders.map((holder) => ({ path: [...holder.split('.'), 'metadata', runExtension], value: undefined })),
  )
}

function bytesOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}
