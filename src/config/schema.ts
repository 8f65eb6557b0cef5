/** The one table of the configuration: it gives the type, the validator, the JSON Schema and the reference page. */
import { z } from 'zod'
import { agentsSection, teamsSection } from './schema-agents.ts'
import { alertsSection, gatewaySection, policySection, stateSection } from './schema-gateway.ts'
import { identitySection } from './schema-identity.ts'
import { ledgerSection } from './schema-ledger.ts'
import { modelsSection } from './schema-models.ts'
import { telemetrySection } from './schema-telemetry.ts'
import { toolsSection } from './schema-tools.ts'
import { limitsSection, maximumsSection, timeoutsSection } from './schema-limits.ts'

/** The whole file, at most fourteen top-level keys. */
export const fileSchema = z
  .strictObject({
    gateway: gatewaySection,
    state: stateSection,
    identity: identitySection,
    agents: agentsSection,
    tools: toolsSection,
    models: modelsSection,
    teams: teamsSection,
    policy: policySection,
    limits: limitsSection,
    timeouts: timeoutsSection,
    maximums: maximumsSection,
    alerts: alertsSection,
    ledger: ledgerSection,
    telemetry: telemetrySection,
  })
  .meta({ title: 'Weir configuration', description: 'The configuration file of Weir, the agent gateway.' })

/** A file that was read and found right, with every default in place. */
export type ConfigFile = z.output<typeof fileSchema>

/** A node of the JSON Schema as far as the reference page and the explanations look into it. */
export interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly unit?: string
  readonly form?: string
  readonly secret?: boolean
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly additionalProperties?: SchemaNode | false
  readonly propertyNames?: SchemaNode
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
}

/** The table as JSON Schema 2020-12 of what may be written, `${env:...}` and `${file:...}` included. */
export function schemaTree(): SchemaNode {
  return z.toJSONSchema(fileSchema, { io: 'input' }) as SchemaNode
}

/** The part of the schema that describes the value at `path`, or null where nothing may stand. */
export function schemaAt(root: SchemaNode, path: readonly PropertyKey[]): SchemaNode | null {
  let node: SchemaNode | null = root
  for (const step of path) node = node && stepInto(node, step)
  return node
}

function stepInto(node: SchemaNode, step: PropertyKey): SchemaNode | null {
  const option = node.anyOf?.find((each) => each.properties) ?? node
  if (typeof step === 'number') return option.items ?? null
  const named = option.properties && Object.hasOwn(option.properties, step) ? option.properties[String(step)] : null
  return named ?? (option.additionalProperties || null)
}
