/** The graph of a run for other programs: Graphviz, Mermaid, a spreadsheet. Names come from outside and are quoted as each asks. */
import { formatMicros } from '../../domain/spend.ts'
import type { EdgeRow, RunStory } from '../../domain/story.ts'
import { allVisible } from '../paint.ts'

export const graphFormats = ['dot', 'mermaid', 'csv'] as const
export type GraphFormat = (typeof graphFormats)[number]

export function graphText({ run, edges }: RunStory, format: GraphFormat): string {
  const writers: Readonly<Record<GraphFormat, () => string>> = {
    dot: () => dotOf(run.id, edges),
    mermaid: () => mermaidOf(edges),
    csv: () => csvOf(edges),
  }
  return writers[format]()
}

function labelOf({ calls, refused, cost_micros }: EdgeRow): string {
  return `${calls} ${calls === 1 ? 'call' : 'calls'}${refused > 0 ? `, ${refused} refused` : ''}, ${formatMicros(cost_micros)}`
}

function dotOf(run: string, edges: readonly EdgeRow[]): string {
  const quote = (text: string): string => `"${allVisible(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  const lines = edges.map((edge) => `  ${quote(edge.from)} -> ${quote(edge.to)} [label=${quote(labelOf(edge))}];\n`)
  return `digraph ${quote(run)} {\n  rankdir=LR;\n  node [shape=box];\n${lines.join('')}}\n`
}

function mermaidOf(edges: readonly EdgeRow[]): string {
  const numbers = new Map<string, number>()
  const nodeOf = (name: string): string => {
    const known = numbers.get(name)
    if (known !== undefined) return `n${known}`
    numbers.set(name, numbers.size)
    return `n${numbers.size - 1}["${entities(name)}"]`
  }
  const lines = edges.map((edge) => `  ${nodeOf(edge.from)} -->|"${entities(labelOf(edge))}"| ${nodeOf(edge.to)}\n`)
  return `flowchart LR\n${lines.join('')}`
}

function entities(text: string): string {
  return allVisible(text).replace(/[#"<>&`]/g, (found) => `#${found.codePointAt(0)};`)
}

const csvColumns = [
  'from',
  'to',
  'calls',
  'refused',
  'tokens',
  'cost_micros',
  'depth_min',
  'depth_max',
  'first_at',
  'last_at',
] as const

/** RFC 4180. A name that a spreadsheet would take for a formula is quoted with an apostrophe. */
function csvOf(edges: readonly EdgeRow[]): string {
  const cell = (value: string | number): string => {
    const shown = typeof value === 'string' ? allVisible(value) : String(value)
    const text = typeof value === 'string' && /^[=+\-@]/.test(shown) ? `'${shown}` : shown
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const rows = edges.map((edge) => csvColumns.map((name) => cell(edge[name])).join(','))
  return [csvColumns.join(','), ...rows].map((line) => `${line}\r\n`).join('')
}
