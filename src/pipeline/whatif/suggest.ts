/** The least that must be allowed for the calls that were seen, as a policy file that a person can read, correct and take over. */
import { byText } from '../../base/by-text.ts'
import type { Millis } from '../../base/clock.ts'
import { serverOfTool } from '../../domain/call.ts'
import { type AgentId, slugOf } from '../../domain/ids.ts'
import type { CallRecord } from '../../domain/record.ts'
import { entityText } from '../../policy/ir-text.ts'
import type { PolicyAction } from '../../policy/question.ts'
import { shadowOfDefault } from '../../domain/verdict.ts'
import { isStart, readTarget, type Routes, verdictIn } from './recorded.ts'

export interface SuggestedEdge {
  readonly id: string
  readonly agent: AgentId
  readonly action: PolicyAction
  readonly target: string
  readonly count: number
  readonly first_at: Millis
  readonly last_at: Millis
}

export interface Suggestion {
  readonly schema: 'weir.policy-suggestion/v1'
  /** Permits, in the order of agents, actions and targets. */
  readonly edges: readonly SuggestedEdge[]
  /** Calls that no policy permits and that were refused: left out, for somebody wanted them refused. */
  readonly refused: readonly { readonly agent: string; readonly target: string; readonly count: number }[]
  /** Ready to be written to a file. */
  readonly text: string
}

/** Edges in all; a policy file of more is nobody's to read. */
const edges_max = 5000

type Seen = { -readonly [Name in keyof Omit<SuggestedEdge, 'id'>]: SuggestedEdge[Name] }

/** Takes records as they come by, in any order. */
export class SuggestionTally {
  readonly #routes: Routes
  readonly #seen = new Map<string, Seen>()
  readonly #refused = new Map<string, { agent: string; target: string; count: number }>()

  constructor(routes: Routes) {
    this.#routes = routes
  }

  add(record: CallRecord): void {
    const { agent, asked } = record
    const verdict = verdictIn(record)
    if (typeof verdict !== 'string' || agent === null || asked === null || asked === undefined) return
    const observed = verdict === 'deny' && record.shadow.includes(shadowOfDefault)
    if (verdict === 'deny' && !observed) return this.#refuse(record)
    for (const target of this.#targetsOf(record)) {
      this.#see(record, agent, asked.action, target)
      if (isStart(record)) this.#see(record, agent, 'startRun', target)
      const read = readTarget(target)
      // Clients list the tools of a server before they call one.
      if (read?.kind === 'tool') this.#see(record, agent, 'useServer', `server:${serverOfTool(read)}`)
    }
  }

  suggestion(title: readonly string[]): Suggestion {
    const taken = new Set<string>()
    const edges = [...this.#seen.values()]
      .toSorted((a, b) => byText(sortKey(a), sortKey(b)))
      .map((seen): SuggestedEdge => ({ id: freeId(seen, taken), ...seen }))
    const refused = [...this.#refused.values()].toSorted((a, b) => b.count - a.count)
    return { schema: 'weir.policy-suggestion/v1', edges, refused, text: fileOf(title, edges, refused) }
  }

  /** Of the places a route leads to, the one that answered; all of them where none did. */
  #targetsOf({ target, dialect, outcome }: CallRecord): readonly string[] {
    const read = readTarget(target)
    if (read?.kind === 'model' && outcome.metered) return [`model:${outcome.metered.model}`]
    const places = read?.kind === 'model' ? this.#routes(read.id, dialect) : undefined
    return places?.map((place) => `model:${place}`) ?? (read ? [target] : [])
  }

  #see({ ts }: CallRecord, agent: AgentId, action: PolicyAction, target: string): void {
    const key = `${agent} ${action} ${target}`
    const known = this.#seen.get(key)
    if (known) {
      known.count += 1
      known.first_at = Math.min(known.first_at, ts)
      known.last_at = Math.max(known.last_at, ts)
    } else if (this.#seen.size < edges_max) {
      this.#seen.set(key, { agent, action, target, count: 1, first_at: ts, last_at: ts })
    }
  }

  #refuse({ agent, target, rule }: CallRecord): void {
    if (agent === null || rule !== 'default') return
    const key = `${agent} ${target}`
    const known = this.#refused.get(key)
    if (known) known.count += 1
    else if (this.#refused.size < edges_max) this.#refused.set(key, { agent, target, count: 1 })
  }
}

function fileOf(title: readonly string[], edges: readonly SuggestedEdge[], refused: Suggestion['refused']): string {
  const head = title.map((line) => `// ${line}\n`).join('')
  const left = refused.slice(0, 100).map(({ agent, target, count }) => {
    return `// refused by default ${times(count)}, and left so: ${oneLine(agent)} -> ${oneLine(target)}\n`
  })
  return [head + left.join(''), ...edges.map(permitOf)].join('\n')
}

function permitOf({ id, agent, action, target, count, last_at }: SuggestedEdge): string {
  const day = new Date(last_at).toISOString().slice(0, 10)
  return `// Seen ${times(count)}, last on ${day}.
@id("${id}")
permit(
  principal == ${entityText({ type: 'Weir::Agent', id: slugOf(agent) })},
  action == Weir::Action::"${action}",
  resource == ${resourceText(target)}
);
`
}

const types = { agent: 'Weir::Agent', tool: 'Weir::Tool', server: 'Weir::ToolServer', model: 'Weir::Model' } as const

/** A target as policies name it. */
export function resourceText(target: string): string {
  const read = readTarget(target)
  if (read === null) return entityText({ type: 'Weir::Json', id: target })
  return entityText({ type: types[read.kind], id: read.kind === 'agent' ? slugOf(read.id) : read.id })
}

const id_max = 120

/** `seen.research.calltool.web-search`; a number is added where two names would be one. */
function freeId({ agent, action, target }: Seen, taken: Set<string>): string {
  const plain = target
    .replace(/^\w+:/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  const base = `seen.${slugOf(agent)}.${action.toLowerCase()}.${plain === '' ? 'x' : plain}`.slice(0, id_max)
  const start = base.replace(/[^a-z0-9]+$/, '')
  let id = start
  for (let number = 2; taken.has(id); number += 1) id = `${start}.${number}`
  taken.add(id)
  return id
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/** A comment ends with its line, whatever a caller called its target. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')
}

function sortKey({ agent, action, target }: Seen): string {
  return `${agent} ${action} ${target}`
}
