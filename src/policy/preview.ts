/** What one agent may call as things stand, target by target, with the policy that says so. */
import { type Target, targetName } from '../domain/call.ts'
import { type PolicyReading, readRequest } from './explain.ts'
import type { PolicyAction, PolicyRequest } from './question.ts'
import type { PolicySnapshot } from './snapshot.ts'

export interface PreviewRow {
  readonly target: string
  readonly action: PolicyAction
  readonly answer: 'allow' | 'deny' | 'indeterminate'
  /** What decided: the permits that hold, or the forbids; what came nearest where nothing did. */
  readonly by: readonly Pick<PolicyReading, 'id' | 'effect' | 'place' | 'misses' | 'failing'>[]
}

export interface Preview {
  readonly schema: 'weir.policy-preview/v1'
  readonly agent: string
  readonly person: string | null
  readonly rows: readonly PreviewRow[]
}

const actionFor = {
  agent: 'invoke',
  tool: 'callTool',
  server: 'useServer',
  model: 'useModel',
} as const satisfies Readonly<Record<Target['kind'], PolicyAction>>

export async function previewOf(
  policy: PolicySnapshot,
  { principal, context }: Pick<PolicyRequest, 'principal' | 'context'>,
  targets: readonly Target[],
): Promise<Preview> {
  const rows: PreviewRow[] = []
  for (const resource of targets) {
    const action = actionFor[resource.kind]
    const { answer, judgement, covering, nearest } = await readRequest(policy, { action, principal, resource, context })
    const errors = new Set(judgement.errors.map(({ id }) => id))
    const decided = covering.filter(({ id }) => judgement.policies.includes(id) || errors.has(id))
    const open = covering.filter(({ state, effect }) => state === 'unknown' && effect === 'permit')
    const by = answer === 'indeterminate' ? open : decided.length > 0 ? decided : nearest
    rows.push({ target: targetName(resource), action, answer, by: by.map(short) })
  }
  return { schema: 'weir.policy-preview/v1', agent: principal, person: context.human, rows }
}

function short({ id, effect, place, misses, failing }: PolicyReading): PreviewRow['by'][number] {
  return { id, effect, place, misses, failing }
}
