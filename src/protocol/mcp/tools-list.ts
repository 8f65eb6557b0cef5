/** The answer to `tools/list`, taken apart so that tools can be left out of it; what stays keeps its bytes. */
import { itemsOf } from '../../base/json-items.ts'
import { jsonShape } from '../../base/json-shape.ts'
import { scanJson } from '../../base/json-scan.ts'

const messageShape = jsonShape(['result', 'result.tools'], 'ignore')
const toolShape = jsonShape(['name'], 'ignore')

export interface ToolsList {
  readonly tools: readonly ListItem[]
  /** The message with those tools only. */
  keep(keeps: readonly boolean[]): Buffer
}

/** A tool as the list has it, byte for byte; its name is null where not everybody reads the same one. */
export interface ListItem {
  readonly name: string | null
  readonly definition: Buffer
}

/** Null for a message that lists no tools, or that has more than one reading. */
export function readToolsList(message: Buffer): ToolsList | 'unreadable' | null {
  const spans = scanJson(message, messageShape)
  if (spans.kind === 'mistake') return 'unreadable'
  if (spans.kindOf('result.tools') !== 'array') return null
  const [start, end] = [spans.start('result.tools'), spans.end('result.tools')]
  const items = itemsOf(message, start, end)
  return {
    tools: items.map(([from, to]) => itemOf(message.subarray(from, to))),
    keep(keeps) {
      if (keeps.every(Boolean)) return message
      const kept = items.filter((_, i) => keeps[i]).map(([from, to]) => message.subarray(from, to))
      const parts = kept.flatMap((item, i) => (i === 0 ? [item] : [comma, item]))
      return Buffer.concat([message.subarray(0, start + 1), ...parts, message.subarray(end - 1)])
    },
  }
}

const comma = Buffer.from(',')

function itemOf(definition: Buffer): ListItem {
  const spans = scanJson(definition, toolShape)
  return { name: spans.kind === 'mistake' ? null : spans.text('name'), definition }
}
