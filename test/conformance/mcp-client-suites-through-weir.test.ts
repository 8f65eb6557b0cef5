import { afterAll, expect, test } from 'vitest'
import { openDirect } from '../support/mcp-client-direct.ts'
import { runClientSuite } from '../support/mcp-client-suites.ts'
import { startClientSide } from '../support/mcp-client-weir.ts'

const side = await startClientSide()

afterAll(async () => {
  await side[Symbol.asyncDispose]()
})

test.each([
  ['2025-11-25', 18],
  ['2026-07-28', 32],
] as const)(
  'whatever of the client suite of %s the official client passes it passes through Weir, and that is all it requires',
  async (revision, scenarios) => {
    const direct = await runClientSuite(revision, openDirect)
    const through = await runClientSuite(revision, side.open)
    expect([...direct.passed].filter((check) => !through.passed.has(check))).toEqual([])
    expect([...through.failed].filter((check) => !direct.failed.has(check))).toEqual([])
    expect(direct.required).toEqual({ passed: scenarios, all: scenarios })
    expect(through.required).toEqual({ passed: scenarios, all: scenarios })
  },
  240_000,
)
