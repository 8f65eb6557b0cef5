/** "Find all tools that can analyse customer risk", among twenty servers: over MCP and over plain HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { servePages } from '../support/mcp-paging.ts'
import { configForServers, everythingListed, federatedPost, messageOf } from '../support/mcp-weir.ts'
import { keyOf, startWeir, type Weir } from '../support/weir.ts'

const question = 'find all tools that can analyse customer risk'
const servers: Readonly<Record<string, readonly (readonly [name: string, description: string])[]>> = {
  crm: [
    ['get_customer', 'Returns one customer by id'],
    ['list_customers', 'Lists customers'],
  ],
  risk: [
    ['score_customer', 'Analyses how likely a customer is to default and returns a risk score'],
    ['portfolio_var', 'Computes the value at risk of a portfolio'],
  ],
  weather: [['forecast', 'Tells the weather of tomorrow']],
  ...Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`other-${i}`, [[`thing_${i}`, `Does thing ${i}`]]])),
}

const stack = new AsyncDisposableStack()
let weir: Weir

beforeAll(async () => {
  const rows: Record<string, object> = {}
  for (const [slug, tools] of Object.entries(servers)) {
    const inputSchema = { type: 'object' }
    const definitions = tools.map(([name, description]) => ({ name, description, inputSchema }))
    rows[slug] = { url: stack.use(await servePages({ tools: definitions, pages: 1 })).url }
  }
  weir = await startWeir(configForServers(rows))
  stack.defer(async () => void (await weir.stop()))
  await everythingListed(weir, 'alice', 22)
})

afterAll(() => stack.disposeAsync())

interface Found {
  readonly tools: readonly { readonly name: string; readonly server: string }[]
  readonly missing: readonly unknown[]
}

async function overHttp(agent: string | null, query: string): Promise<Response> {
  const headers = agent === null ? {} : { authorization: `Bearer ${keyOf(agent)}` }
  return await fetch(`${weir.url}/tools/search?${query}`, { headers })
}

async function overMcp(agent: string): Promise<Found> {
  const params = { name: 'search_tools', arguments: { query: question } }
  const { result } = await messageOf(await federatedPost(weir, agent, { method: 'tools/call', params }))
  return (result as { readonly structuredContent: Found }).structuredContent
}

test('the tool that does it comes first, those that come near after it, both ways', async () => {
  const { tools, missing } = await overMcp('alice')
  expect(tools[0]).toMatchObject({ name: 'risk_score_customer', server: 'risk' })
  const next = ['crm_get_customer', 'crm_list_customers', 'risk_portfolio_var']
  expect(
    tools
      .slice(1, 4)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(next)
  expect(missing).toEqual([])
  const answer = await overHttp('alice', `q=${encodeURIComponent(question)}`)
  expect(await answer.json()).toEqual({ schema: 'weir.tool_search/v1', tools, missing })
})

test('whoever may call nothing finds nothing, and who is nobody is not answered', async () => {
  expect((await overMcp('mallory')).tools).toEqual([])
  const found = (await (await overHttp('mallory', 'q=customer')).json()) as Found
  expect(found.tools).toEqual([])
  expect((await overHttp(null, 'q=customer')).status).toBe(401)
})

test.each(['', 'q=', 'q=x&limit=0', 'q=x&limit=51', 'q=x&limit=-1', `q=${'x'.repeat(1001)}`])(
  '%s is no search',
  async (query) => {
    expect((await overHttp('alice', query)).status).toBe(400)
  },
)

test('as many as are wanted', async () => {
  const found = (await (await overHttp('alice', 'q=customer&limit=1')).json()) as Found
  expect(found.tools).toHaveLength(1)
})
