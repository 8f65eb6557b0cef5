import { afterAll, expect, test } from 'vitest'
import { neutralServer } from '../support/mcp-neutral.ts'
import { type ClientEra, neutralChecks, neutralClient } from '../support/mcp-neutral-checks.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'

const seen = { waiting: 0, cancelled: 0 }
const fixture = await serveMcpFixture(() => neutralServer(seen))
afterAll(() => fixture[Symbol.asyncDispose]())

const eras: readonly ClientEra[] = ['legacy', 'modern']
const cells = eras.flatMap((era) => Object.keys(neutralChecks).map((claim) => [era, claim] as const))
test.each(cells)('%s, without Weir: %s', async (era, claim) => {
  await using self = await neutralClient(fixture.url, era)
  await expect(neutralChecks[claim]?.(self, seen)).resolves.toBeUndefined()
})
