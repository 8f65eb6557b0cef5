import { expect, test } from 'vitest'
import { manyTools, servePages } from '../support/mcp-paging.ts'
import { configForServers, everythingListed, federatedPost, messageOf, modernPost } from '../support/mcp-weir.ts'
import { startWebhook } from '../support/webhook.ts'
import { startWeir } from '../support/weir.ts'

const before = manyTools('docs', 3)

/** The last letter of one description is another. */
function byOneByte(): readonly object[] {
  return before.map((tool, n) => (n === 1 ? { ...tool, description: 'Number 1 of docz' } : tool))
}

test.each(['/mcp', '/mcp/s/docs'])(
  'a definition that changes between list and call is not called, at %s',
  async (path) => {
    // What is handed on as it is comes in the pages of its server.
    await using server = await servePages({ tools: before, pages: path === '/mcp' ? 2 : 1 })
    const webhook = await startWebhook()
    const weir = await startWeir(
      configForServers(
        { docs: { url: server.url, definitions_max_age_ms: 0 } },
        { alerts: { webhooks: [{ url: webhook.url, secret: 'x'.repeat(32) }] } },
      ),
    )
    try {
      const { names } = await everythingListed(weir, 'alice', 3)
      const exposed = path === '/mcp' ? (names[1] ?? '') : 'docs_01'
      const call = (name: string) =>
        modernPost(weir, 'alice', { path, method: 'tools/call', params: { name, arguments: {} } })
      expect(await messageOf(await call(exposed))).toMatchObject({ result: { content: [{ text: 'called docs_01' }] } })

      server.use(byOneByte())
      expect(await messageOf(await call(exposed))).toMatchObject({
        result: { isError: true, _meta: { 'dev.weir/problem': { code: 'tool_definition_changed' } } },
      })
      const { result } = await messageOf(await modernPost(weir, 'alice', { path, method: 'tools/list' }))
      const { tools } = result as Listed
      expect(tools.map(({ name }) => name)).not.toContain(exposed)
      expect(tools.length).toBeGreaterThanOrEqual(2)

      await expect.poll(() => webhook.delivered.length, { timeout: 10_000 }).toBeGreaterThan(0)
      const alert = JSON.parse(webhook.delivered[0]?.body ?? '{}') as Record<string, unknown>
      expect(alert).toMatchObject({ kind: 'tool_changed', server: 'docs', tool: 'docs_01' })
      expect(JSON.stringify(alert)).toContain('Number 1 of docs')
      expect(JSON.stringify(alert)).toContain('Number 1 of docz')

      server.use(before)
      expect(await messageOf(await call(exposed))).toMatchObject({ result: { content: [{ text: 'called docs_01' }] } })
    } finally {
      await weir.stop()
      await webhook.stop()
    }
  },
)

interface Listed {
  readonly tools: readonly { readonly name: string }[]
}

test('a definition that is not looked at again is still the one that was approved when it changes back', async () => {
  await using server = await servePages({ tools: before, pages: 1 })
  const weir = await startWeir(configForServers({ docs: { url: server.url, definitions_max_age_ms: 60_000 } }))
  try {
    const { names } = await everythingListed(weir, 'alice', 3)
    const asked = server.asked()
    for (let n = 0; n < 5; n += 1) {
      const call = { method: 'tools/call', params: { name: names[0] ?? '', arguments: {} } }
      expect(await messageOf(await federatedPost(weir, 'alice', call))).toHaveProperty('result.content')
    }
    expect(server.asked()).toBe(asked)
  } finally {
    await weir.stop()
  }
})
