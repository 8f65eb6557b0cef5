/** The dashboard and the rules for Prometheus, as they stand in `config`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../tidy/source.ts'

export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[]
}

export interface Dashboard {
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[]
  }
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly expr?: string; readonly textFormat?: string }[]
  }
}

const prometheusDir = join(root, 'config', 'prometheus')
export const rulesFile = join(prometheusDir, 'weir-rules.yml')
export const rulesTestFile = join(prometheusDir, 'weir-rules.test.yml')
export const prometheusFile = join(prometheusDir, 'prometheus.yml')

export function readRules(): readonly Rule[] {
  const file = parse(readFileSync(rulesFile, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[]
  }
  return file.groups.flatMap(({ rules }) => rules)
}

interface RuleTest {
  readonly alertname: string
  readonly exp_alerts: readonly unknown[]
}

/** What the tests of the rules expect of each alert. */
export function readRuleTests(): readonly RuleTest[] {
  const file = parse(readFileSync(rulesTestFile, 'utf8')) as {
    readonly tests: readonly { readonly alert_rule_test: readonly RuleTest[] }[]
  }
  return file.tests.flatMap(({ alert_rule_test }) => alert_rule_test)
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(join(root, 'config', 'grafana', 'weir-dashboard.json'), 'utf8')) as Dashboard
}

/** Every query of the dashboard with what Grafana would write in place of its variables. */
export function dashboardQueries(): readonly { readonly of: string; readonly expr: string; readonly legend: string }[] {
  const { panels, annotations } = readDashboard()
  const fill = (expr: string): string =>
    expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(?:job|instance|agent)\b/g, '.*')
  return [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr, legendFormat }) => ({
        of: `${title} ${refId}`,
        expr: fill(expr),
        legend: legendFormat,
      })),
    ),
    ...annotations.list.flatMap(({ name, expr, textFormat = '' }) =>
      expr === undefined ? [] : [{ of: name, expr: fill(expr), legend: textFormat }],
    ),
  ]
}
