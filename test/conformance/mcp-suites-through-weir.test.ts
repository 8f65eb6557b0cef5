import { afterAll, expect, test } from 'vitest'
import { addCredential, runConformance } from '../support/conformance.ts'
import { everythingServer } from '../support/mcp-everything.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools } from '../support/mcp-weir.ts'
import { keyOf, startWeir } from '../support/weir.ts'

const fixture = await serveMcpFixture(everythingServer)
const weir = await startWeir(configForTools(fixture.url, {}, { limits: {} }))
const adder = await addCredential(`${weir.url}/mcp/s/files`, `Bearer ${keyOf('carol')}`)

afterAll(async () => {
  await adder[Symbol.asyncDispose]()
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

/**
 * Without Weir, too, the suite loses the question of `elicitation-sep1330-enums` in about one run of six, and waits half a minute for
 * it; so a run in which something failed is made again.
 */
async function runWhole(url: string, revision: string): ReturnType<typeof runConformance> {
  let run = await runConformance(url, revision)
  for (let again = 0; again < 2 && run.failed.size > 0; again += 1) run = await runConformance(url, revision)
  return run
}

test.each([
  ['2025-11-25', 30],
  ['2026-07-28', 37],
] as const)(
  'whatever of the suite of %s the server passes it passes through Weir, and that is all it requires',
  async (revision, scenarios) => {
    const direct = await runWhole(fixture.url, revision)
    const through = await runWhole(adder.url, revision)
    expect([...direct.passed].filter((check) => !through.passed.has(check))).toEqual([])
    expect([...through.failed].filter((check) => !direct.failed.has(check))).toEqual([])
    expect(through.required).toEqual({ passed: scenarios, all: scenarios })
    expect(direct.passed.size).toBeGreaterThan(scenarios)
  },
  300_000,
)
