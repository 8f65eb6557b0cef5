/** `weir policy graph` and `preview`: who could ever call whom, and what one agent may call as things stand. */
import type { PolicyGraph } from '../../policy/graph.ts'
import type { Preview } from '../../policy/preview.ts'
import type { CliDeps } from '../deps.ts'
import { exits, isProblem, problem } from '../exit-codes.ts'
import { type Paint, visible } from '../paint.ts'
import { openTerminal } from '../terminal.ts'
import type { PolicyOptions } from './judge.ts'
import { arrow, counted, placeText } from './view.ts'

export interface GraphOptions extends PolicyOptions {
  readonly format: string
  readonly cycles?: boolean
}

type Writer = (graph: PolicyGraph, paint: Paint) => string

const formats: Readonly<Record<string, Writer>> = {
  text: graphText,
  dot: graphDot,
  mermaid: graphMermaid,
  json: (graph) => `${JSON.stringify(graph)}\n`,
}

/** With `--no-cycles` ends with `no` where agents can call each other in a circle. */
export async function graphPolicies(deps: CliDeps, dir: string | undefined, options: GraphOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const format = options.json ? 'json' : options.format
  const write = Object.hasOwn(formats, format) ? formats[format] : undefined
  if (!write) return terminal.fail(problem('usage', `${format} is none of ${Object.keys(formats).join(', ')}.`))
  const graph = await deps.policy.graph({ configPath: options.config, dir: dir ?? null })
  if (isProblem(graph)) return terminal.fail(graph)
  terminal.print(write(graph, terminal.paint))
  return options.cycles === false && graph.cycles.length > 0 ? exits.no : exits.ok
}

function graphText({ edges, cycles, reach, unreachable }: PolicyGraph, paint: Paint): string {
  const drawn = edges.map(({ from, to, certain, permits, effect, external }) => {
    const marks = [
      certain ? null : 'under conditions',
      external ? 'external' : null,
      effect === 'read' ? 'reads' : null,
    ]
    return `${arrow(from, to)}  ${paint('quiet', [permits.join(', '), ...marks.filter((mark) => mark !== null)].join('  '))}\n`
  })
  const circles = cycles.map((cycle) => {
    const [first] = cycle
    const names = [first?.from ?? '', ...cycle.map(({ to }) => to)].map(visible)
    const by = cycle.map(({ from, to, permits }) => `    ${arrow(from, to)}  ${permits.join(', ')}\n`)
    return `${paint('bad', 'cycle')}  ${names.join(' → ')}\n${by.join('')}`
  })
  const far = reach.map(({ agent, agents, tools, models, writes, external }) => {
    const sum = `${counted(agents, 'agent')}, ${counted(tools, 'tool')}, ${counted(models, 'model')}`
    const outside = external.length === 0 ? '' : `; of others: ${shortList(external)}`
    return `${paint('strong', visible(agent))} reaches ${sum}; may write: ${shortList(writes)}${outside}\n`
  })
  const alone = unreachable.map((agent) => `${paint('warn', 'unreachable')}  ${visible(agent)}\n`)
  return [...drawn, '\n', ...circles, ...far, ...alone].join('')
}

const shown_max = 8

function shortList(names: readonly string[]): string {
  if (names.length === 0) return 'nothing'
  const more = names.length - shown_max
  return names.slice(0, shown_max).map(visible).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function graphDot({ edges }: PolicyGraph): string {
  const lines = edges.map(({ from, to, certain, permits }) => {
    const style = certain ? '' : ', style=dashed'
    return `  ${JSON.stringify(from)} -> ${JSON.stringify(to)} [label=${JSON.stringify(permits.join(', '))}${style}];\n`
  })
  return `digraph policy {\n  rankdir=LR;\n${lines.join('')}}\n`
}

function graphMermaid({ edges }: PolicyGraph): string {
  const names = [...new Set(edges.flatMap(({ from, to }) => [from, to]))]
  const ids = new Map(names.map((name, at) => [name, `n${at}`]))
  const nodes = names.map((name) => `  ${ids.get(name) ?? ''}["${visible(name).replaceAll('"', '#quot;')}"]\n`)
  const lines = edges.map(
    ({ from, to, certain }) => `  ${ids.get(from) ?? ''} ${certain ? '-->' : '-.->'} ${ids.get(to) ?? ''}\n`,
  )
  return `flowchart LR\n${nodes.join('')}${lines.join('')}`
}

export interface PreviewOptions extends PolicyOptions {
  readonly as: string
  readonly for?: string
}

export async function previewPolicies(
  deps: CliDeps,
  dir: string | undefined,
  options: PreviewOptions,
): Promise<number> {
  const terminal = openTerminal(deps)
  const asked = { configPath: options.config, dir: dir ?? null, agent: options.as, person: options.for ?? null }
  const preview = await deps.policy.preview(asked)
  if (isProblem(preview)) return terminal.fail(preview)
  if (options.json) terminal.printJson(preview)
  else terminal.print(previewPage(preview, terminal.paint))
  return exits.ok
}

function previewPage({ agent, person, rows }: Preview, paint: Paint): string {
  const head = `${paint('strong', visible(agent))}${person === null ? '' : ` for ${visible(person)}`}, first call of a fresh run\n`
  const tones = { allow: 'good', deny: 'quiet', indeterminate: 'warn' } as const
  const lines = rows.map(({ target, answer, by }) => {
    const reasons = by.map(({ id, effect, place, misses, failing }) => {
      const other = misses.length === 0 ? '' : ` (is of another ${misses.join(' and ')})`
      const why = failing === null ? other : ` (not: ${visible(failing)})`
      return `${effect} ${id} ${placeText(place)}${why}`
    })
    const isNear = by.some(({ misses, failing }) => misses.length > 0 || failing !== null) && answer === 'deny'
    const said =
      reasons.length === 0 || isNear ? ['nothing permits it', ...reasons].join('; nearest: ') : reasons.join('; ')
    return `${paint(tones[answer], answer.padEnd(13))} ${visible(target)}  ${said}\n`
  })
  return [head, ...lines].join('')
}
