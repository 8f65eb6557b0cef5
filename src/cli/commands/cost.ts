/** `weir cost`: what work cost, by agent, team, person, model, tool or run; read from the state directory. */
import { type CostDimension, costDimensions } from '../../domain/cost.ts'
import { costPage } from '../cost-view.ts'
import type { CliDeps } from '../deps.ts'
import { exits, isProblem, problem } from '../exit-codes.ts'
import { openTerminal } from '../terminal.ts'

export interface CostOptions {
  readonly config: string
  readonly since?: string
  readonly run?: string
  readonly json?: boolean
}

export async function showCost(deps: CliDeps, by: string, options: CostOptions): Promise<number> {
  const terminal = openTerminal(deps)
  if (!isDimension(by)) return terminal.fail(problem('usage', `${by} is none of ${costDimensions.join(', ')}.`))
  const since = options.since === undefined ? null : readSince(options.since, deps.clock.now())
  if (since === undefined)
    return terminal.fail(problem('usage', `--since takes 90m, 24h, 7d or a time like 2026-11-28T00:00Z.`))
  const report = await deps.evidence.cost({ configPath: options.config, by, since, run: options.run ?? null })
  if (isProblem(report)) return terminal.fail(report)
  if (report.problems.length > 0)
    terminal.say(['The ledger could not be read to its end.', ...report.problems].join('\n'))
  if (options.json) terminal.printJson(report)
  else terminal.print(costPage(report))
  return exits.ok
}

function isDimension(by: string): by is CostDimension {
  return costDimensions.some((dimension) => dimension === by)
}

const units_ms: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds since the epoch; undefined for what is neither a while ago nor a time. */
export function readSince(written: string, now: number): number | undefined {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(written) ?? []
  if (count !== undefined && unit !== undefined) return now - Number(count) * (units_ms[unit] ?? 0)
  const at = /^\d{4}-\d\d-\d\d/.test(written) ? Date.parse(written) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}
