import { afterAll, expect, test } from 'vitest'
import { neutralServer } from '../support/mcp-neutral.ts'
import { type ClientEra, neutralChecks, neutralClient } from '../support/mcp-neutral-checks.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForServers } from '../support/mcp-weir.ts'
import { keyOf, startWeir } from '../support/weir.ts'

const seen = { waiting: 0, cancelled: 0 }
const fixture = await serveMcpFixture(() => neutralServer(seen))
const eras: readonly ClientEra[] = ['legacy', 'modern']
const servers = Object.fromEntries(eras.map((era) => [era, { url: fixture.url, eras: era }]))
const weir = await startWeir(configForServers(servers, { limits: {} }))

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})
const cells = eras.flatMap((client) =>
  eras.flatMap((server) => Object.keys(neutralChecks).map((claim) => [client, server, claim] as const)),
)

test.each(cells)('a %s client of a %s server: %s', async (client, server, claim) => {
  const headers = { authorization: `Bearer ${keyOf('alice')}` }
  await using self = await neutralClient(`${weir.url}/mcp/s/${server}`, client, headers)
  await expect(neutralChecks[claim]?.(self, seen)).resolves.toBeUndefined()
})
