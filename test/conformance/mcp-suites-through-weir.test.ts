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

test.each([
  ['2025-11-25', 30],
  ['2026-07-28', 37],
] as const)(
  'whatever of the suite of %s the server passes it passes through Weir, and that is all it requires',
  async (revision, scenarios) => {
    const direct = await runConformance(fixture.url, revision)
    const through = await runConformance(adder.url, revision)
    expect([...direct.passed].filter((check) => !through.passed.has(check))).toEqual([])
    expect([...through.failed].filter((check) => !direct.failed.has(check))).toEqual([])
    expect(through.required).toEqual({ passed: scenarios, all: scenarios })
    expect(direct.passed.size).toBeGreaterThan(scenarios)
  },
  120_000,
)
