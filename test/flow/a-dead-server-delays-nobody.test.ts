import { expect, test } from 'vitest'
import { manyTools, servePages, serveNothing } from '../support/mcp-paging.ts'
import { configForServers, everythingListed, federatedPost } from '../support/mcp-weir.ts'
import { startWeir } from '../support/weir.ts'

const pages = 7
const perServer = 35

test('lists of all servers come whole and at once, and say which server is missing', async () => {
  await using first = await servePages({ tools: manyTools('one', perServer), pages })
  await using second = await servePages({ tools: manyTools('two', perServer), pages })
  await using third = await servePages({ tools: manyTools('three', perServer), pages })
  await using hole = await serveNothing()
  const serversWith = (last: string) => ({ one: { url: first.url }, two: { url: second.url }, three: { url: last } })
  const healthy = await startWeir(configForServers(serversWith(third.url)))
  const holed = await startWeir(configForServers(serversWith(hole.url)))
  try {
    const all = await everythingListed(healthy, 'alice', 3 * perServer)
    const rest = await everythingListed(holed, 'alice', 2 * perServer)
    expect(all.names).toHaveLength(3 * perServer)
    expect(all.names).toEqual((await everythingListed(healthy, 'alice', 3 * perServer)).names)
    expect(all.partial).toBeNull()
    expect(rest.names).toEqual(all.names.filter((name) => !name.includes('three')))
    expect(JSON.stringify(rest.partial)).toContain('three')

    const took = { healthy: [] as number[], holed: [] as number[] }
    for (let n = 0; n < 100; n += 1)
      for (const [name, weir] of [
        ['healthy', healthy],
        ['holed', holed],
      ] as const) {
        const began = performance.now()
        await (await federatedPost(weir, 'alice', { method: 'tools/list' })).text()
        took[name].push(performance.now() - began)
      }
    const p99 = (of: readonly number[]): number => of.toSorted((a, b) => a - b)[98] ?? Number.NaN
    // The list is shorter, so it should be faster; the factor is for a noisy machine and far from any deadline.
    expect(p99(took.holed) / p99(took.healthy)).toBeLessThan(4)
  } finally {
    await healthy.stop()
    await holed.stop()
  }
})
