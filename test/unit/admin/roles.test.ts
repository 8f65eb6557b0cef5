/** Who may what: a table over all routes and all roles, and the page that shows it. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { permissions } from '../../../src/admin/roles.ts'
import { adminRoles } from '../../../src/config/schema-admin.ts'
import { openAdminTrial } from '../../support/admin-routes.ts'

const { routes, ask, trial } = await openAdminTrial()
const cases = routes.flatMap((route) => adminRoles.map((role) => [route.method, route.path, role, route] as const))

test.each(cases)('%s %s as %s', async (method, path, role, route) => {
  const reply = await ask(method, path.replace(/:[a-z]+/g, 'nothing'), { as: role })
  const allowed: readonly string[] = route.may === 'open' ? adminRoles : [...permissions[route.may].roles, 'admin']
  if (allowed.includes(role)) expect([401, 403]).not.toContain(reply.status)
  else expect([reply.status, JSON.parse(reply.text)]).toMatchObject([403, { code: 'role_required' }])
  reply.cut()
})

test.each(routes.map((route) => [route.method, route.path, route] as const))(
  'nobody without a token gets past %s %s',
  async (method, path, route) => {
    const reply = await ask(method, path.replace(/:[a-z]+/g, 'nothing'), { as: null })
    if (route.may === 'open') expect(reply.status).not.toBe(401)
    else expect(reply.status).toBe(401)
  },
)

test('what somebody orders is done in the name of their token, whatever they say', async () => {
  const order = { agent: 'console', reason: 'nightly', actor: 'somebody else' }
  const opened = await ask('POST', '/api/v1/runs', { as: 'operator', body: order })
  expect(opened.status).toBe(201)
  expect(trial.entries.findLast(({ kind }) => kind === 'run')).toMatchObject({ actor: 'operator:operator' })
})

test.each(['by=person', 'by=run', 'filter=person:tomas', 'filter=-(agent:x%20or%20run:run_1)'])(
  'whoever counts the money does not see whose it was: %s',
  async (query) => {
    expect((await ask('GET', `/api/v1/cost?${query}`, { as: 'finance' })).status).toBe(403)
    // Without an index.
    expect((await ask('GET', `/api/v1/cost?${query}`, { as: 'auditor' })).status).toBe(503)
    expect((await ask('GET', '/api/v1/cost?by=team', { as: 'finance' })).status).toBe(503)
  },
)

test('the page of roles shows the table that holds', () => {
  const rows = Object.entries(permissions).map(([name, { roles, help }]) => {
    return `| \`${name}\` | ${roles.length === 0 ? 'none' : roles.join(', ')} | ${help} |`
  })
  expect(readFileSync('docs/reference/roles.md', 'utf8')).toContain(rows.join('\n'))
})
