/** What every shape of an alert shows: how urgent it is, what belongs together, the numbers, and the commands to go on with. */
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { formatCost, formatMicros } from '../domain/spend.ts'
import type { Alert } from './alert.ts'

export type Severity = 'critical' | 'error' | 'warning' | 'info'

export interface AlertFacts {
  readonly severity: Severity
  readonly title: string
  /** Alerts with the same key are about the same thing: that of a run is its id. */
  readonly key: string
  /** Names and values for people. */
  readonly rows: readonly (readonly [name: string, value: string])[]
  /** What to type next, to look and then to act. */
  readonly commands: readonly string[]
}

type Of<Kind extends Alert['kind']> = Extract<Alert, { readonly kind: Kind }>
type Facts = { readonly [Kind in Alert['kind']]: (alert: Of<Kind>) => AlertFacts }

const reason = '--reason <text>'

const facts: Facts = {
  run_halted: ({ run, edge, rule, code }) => {
    const { id, rows } = runRows(run)
    const why: AlertFacts['rows'] = [
      ...edgeRows(edge),
      ['code', code],
      ...(rule === null ? [] : [['rule', rule] as const]),
    ]
    return { severity: 'critical', title: 'Run halted', key: id, rows: [...rows, ...why], commands: looks(id) }
  },
  cost_velocity: ({ run, edge, of, rate_micros_per_min, baseline_micros_per_min }) => ({
    severity: 'error',
    title: 'Spending is faster than usual',
    key: run.id,
    rows: [
      ...runRows(run).rows,
      ...edgeRows(edge),
      ['of', of],
      ['rate', `${formatMicros(rate_micros_per_min)} a minute`],
      ['usual', `${formatMicros(baseline_micros_per_min)} a minute`],
    ],
    commands: [...looks(run.id), `weir runs halt ${run.id} ${reason}`],
  }),
  repetition: ({ run, edge, method, calls, within_ms }) => ({
    severity: 'error',
    title: 'The same call again and again',
    key: run.id,
    rows: [
      ...runRows(run).rows,
      ...edgeRows(edge),
      ['method', method],
      ['alike', `${calls} calls in ${Math.ceil(within_ms / 1000)} s`],
    ],
    commands: [...looks(run.id), `weir runs halt ${run.id} ${reason}`],
  }),
  over: ({ run }) => ({
    severity: 'info',
    title: 'Over',
    key: run.id,
    rows: [['run', run.id]],
    commands: [`weir runs show ${run.id}`],
  }),
  approval_required: ({ run, approval: { id, agent, target, method, args_hash, hop, person }, rule }) => ({
    severity: 'warning',
    title: 'A call waits for a person',
    key: `approval:${id}`,
    rows: [
      ...runRows(run).rows,
      ['edge', `${agent} -> ${target}`],
      ['method', method],
      ['arguments', args_hash],
      ['hop', hop],
      ...(person === null ? [] : [['person', person] as const]),
      ...(rule === null ? [] : [['rule', rule] as const]),
    ],
    commands: [
      ...looks(runRows(run).id),
      `weir approvals grant ${id} ${reason}`,
      `weir approvals refuse ${id} ${reason}`,
    ],
  }),
  contained: (alert) => order(alert, 'Contained'),
  revoked: (alert) => order(alert, 'Revoked'),
  card_changed: ({ agent, changes, before, after, quarantined }) => ({
    severity: quarantined ? 'error' : 'warning',
    title: quarantined ? 'Agent in quarantine: its card changed' : 'The card of an agent changed',
    key: `card:${agent}`,
    rows: [
      ['agent', agent],
      ['changes', changes.join('\n')],
      ['before', before ?? 'none'],
      ['after', after],
    ],
    commands: [
      command('weir agent show', plainName(agent)),
      ...(quarantined ? [command('weir agent approve', plainName(agent), reason)] : []),
    ],
  }),
  tool_changed: ({ server, tool, state, why, before, after, classes, changes }) => ({
    severity: state === 'quarantined' ? 'error' : 'warning',
    title: `Tool ${state}`,
    key: `tool:${server}/${tool}`,
    rows: [
      ['tool', `${server}/${tool}`],
      ['why', why],
      ['classes', classes.join(', ')],
      ['changes', changes.join('\n')],
      ['before', before ?? 'none'],
      ['after', after],
    ],
    commands: [command('weir tools diff', `${server}/${tool}`)],
  }),
}

export function factsOf<Kind extends Alert['kind']>(alert: Of<Kind>): AlertFacts {
  const read = facts[alert.kind] as (alert: Of<Kind>) => AlertFacts
  return read(alert)
}

function order(
  { what, name, reason: why, actor, source, ended }: Of<'contained' | 'revoked'>,
  title: string,
): AlertFacts {
  return {
    severity: 'warning',
    title,
    key: `order:${what}:${name}`,
    rows: [
      [what, name],
      ['reason', why],
      ['actor', actor],
      ['source', source],
      ['calls ended', String(ended)],
    ],
    commands: what === 'agent' ? [command('weir agent show', plainName(name))] : [],
  }
}

/** Alerts hold runs as the operator interface shows them, and those of anomalies as far as the ledger told. */
function runRows(run: unknown): { readonly id: string; readonly rows: AlertFacts['rows'] } {
  const shown: JsonObject = isJsonObject(run) ? run : {}
  const id = textOf(shown['id'])
  const spent = isJsonObject(shown['spent']) ? shown['spent'] : shown
  const held = isJsonObject(shown['reserved']) ? numberOf(shown['reserved']['cost_micros']) : 0
  const cost = formatCost(numberOf(spent['cost_micros']) + held, numberOf(shown['unpriced']))
  const rows: readonly (readonly [string, string])[] = [
    ['run', id],
    ['root', textOf(shown['root'])],
    ['person', textOf(shown['person'])],
    ['cost', cost],
    ['calls', typeof shown['calls'] === 'number' ? String(shown['calls']) : ''],
  ]
  return { id, rows: rows.filter(([, value]) => value !== '') }
}

function edgeRows(edge: Of<'run_halted'>['edge']): AlertFacts['rows'] {
  if (edge === null) return []
  return [
    ['edge', `${edge.from} -> ${edge.to}`],
    ['depth', String(edge.depth)],
    ['lap', String(edge.lap)],
  ]
}

function looks(run: string): readonly string[] {
  return [`weir runs show ${run}`, `weir runs tree ${run}`]
}

/** Names of tools are those of others: one that a shell would read as more than a name is left out. */
function command(verb: string, name: string, rest = ''): string {
  return [verb, /^[\w./-]{1,200}$/.test(name) ? name : '', rest].filter((part) => part !== '').join(' ')
}

function plainName(agent: string): string {
  return agent.replace(/^agent:/, '')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}
