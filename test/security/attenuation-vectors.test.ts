/**
 * One delegation that narrows and seven that do not, in the manner of the vectors of the agent delegation drafts: what a
 * child asks for against what its parent holds, each refused for its own reason.
 */
import { expect, test } from 'vitest'
import { anything, type Authority } from '../../src/domain/authority.ts'
import { narrower } from '../../src/domain/authority/narrower.ts'
import { readDetails, readScopes } from '../../src/domain/authority/read.ts'

/** The two claims as they stand in a token. */
interface Claims {
  readonly scope?: string
  readonly authorization_details?: readonly unknown[]
}

/** The authority of the claims, or why they are refused. */
function read({ scope, authorization_details }: Claims): Authority | string {
  const scopes = scope === undefined ? null : readScopes(scope)
  const details = authorization_details === undefined ? null : readDetails(authorization_details)
  if (typeof scopes === 'string') return scopes
  return typeof details === 'string' ? details : { scopes, details }
}

/** Null where the child may have what it asks for. */
function refusal(child: Claims, parent: Claims): string | null {
  const asked = read(child)
  const held = read(parent)
  if (typeof held === 'string') throw new Error(held)
  return typeof asked === 'string' ? asked : narrower(asked, held)
}

const query = {
  type: 'mcp_tool',
  server: 'crm-db',
  tools: ['query', 'list'],
  args: { '/table': { in: ['accounts', 'contacts'] }, '/limit': { max: 100 } },
}
const parent: Claims = { scope: 'tool:list tool:query', authorization_details: [query] }
const narrow: Claims = {
  scope: 'tool:query',
  authorization_details: [
    { ...query, tools: ['query'], args: { '/table': { eq: 'accounts' }, '/limit': { max: 10 }, '/x': { eq: 1 } } },
  ],
}

test('accepted: fewer tools, a smaller ceiling, one more constraint', () => {
  expect(refusal(narrow, parent)).toBeNull()
})

const wider = 'authorization_details[0] is wider than what is held:'

test.each<readonly [string, Claims, string]>([
  ['a scope the parent has not', { ...narrow, scope: 'tool:drop tool:query' }, 'scope has a value that is not held'],
  [
    'a tool the parent has not',
    { ...narrow, authorization_details: [{ ...query, tools: ['query', 'drop'] }] },
    `${wider} tools of mcp_tool`,
  ],
  [
    'a higher ceiling',
    { ...narrow, authorization_details: [{ ...query, args: { ...query.args, '/limit': { max: 101 } } }] },
    `${wider} args of mcp_tool`,
  ],
  [
    'a ceiling that is missing',
    { ...narrow, authorization_details: [{ ...query, args: { '/table': { eq: 'accounts' } } }] },
    `${wider} args of mcp_tool`,
  ],
  [
    'no details where the parent had some',
    { scope: 'tool:query' },
    'authorization_details is missing where there was one',
  ],
  [
    'a type the parent has not',
    { ...narrow, authorization_details: [{ type: 'model_use', models: ['small'] }] },
    'authorization_details[0] has a type that is not held: model_use',
  ],
  [
    'a type nobody registered',
    { ...narrow, authorization_details: [{ type: 'agent_delegation' }] },
    'authorization_details[0].type does not fit, expected one of agent_invoke, mcp_tool, mcp_resource, model_use, http_api, db_query',
  ],
])('refused: %s', (_what, child, reason) => {
  expect(refusal(child, parent)).toBe(reason)
})

test('threat 15: a type nobody registered is refused even where there is no ceiling', () => {
  expect(refusal({ authorization_details: [{ type: 'agent_delegation' }] }, {})).toContain('does not fit')
  const forged = { scopes: null, details: [{ type: 'agent_delegation' }] } as unknown as Authority
  expect(narrower(forged, anything)).toBe('authorization_details[0] has an unknown type')
})
