/** The answer to `tools/list`, taken apart so that tools can be left out of it; what stays keeps its bytes. */
import { itemsOf, type Span } from '../../base/json-items.ts'
import { jsonShape } from '../../base/json-shape.ts'
import { scanJson } from '../../base/json-scan.ts'

const messageShape = jsonShape(['result', 'result.tools'], 'ignore')
const toolShape = jsonShape(['name'], 'ignore')

export interface ToolsList {
  /** One for each tool; null for one that has no name that everybody reads alike. */
  readonly names: readonly (string | null)[]
  /** The message with those tools only. */
  keep(keeps: readonly boolean[]): Buffer
}

/** Null for a message that lists no tools, or that has more than one reading. */
export function readToolsList(message: Buffer): ToolsList | 'unreadable' | null {
  const spans = scanJson(message, messageShape)
  if (spans.kind === 'mistake') return 'unreadable'
  if (spans.kindOf('result.tools') !== 'array') return null
  const [start, end] = [spans.start('result.tools'), spans.end('result.tools')]
  const items = itemsOf(message, start, end)
  return {
    names: items.map((item) => nameOf(message, item)),
    keep(keeps) {
      if (keeps.every(Boolean)) return message
      const kept = items.filter((_, i) => keeps[i]).map(([from, to]) => message.subarray(from, to))
      const parts = kept.flatMap((item, i) => (i === 0 ? [item] : [comma, item]))
      return Buffer.concat([message.subarray(0, start + 1), ...parts, message.subarray(end - 1)])
    },
  }
}

const comma = Buffer.from(',')

function nameOf(message: Buffer, [start, end]: Span): string | null {
  const spans = scanJson(message.subarray(start, end), toolShape)
  return spans.kind === 'mistake' ? null : spans.text('name')
}
