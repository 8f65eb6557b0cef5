/**
 * The clients of the official SDKs, changed in nothing but their URL and their headers, before the servers of the official
 * SDKs: every client kind with every agent kind through one Weir, every scenario of the table with every pair.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentKinds } from '../support/matrix-agents.ts'
import { clientKinds, fetchAs } from '../support/matrix-clients.ts'
import { scenarios } from '../support/matrix-scenarios.ts'
import { type MatrixWorld, startMatrixWorld } from '../support/matrix-world.ts'
import { keyOf } from '../support/weir.ts'

let world: MatrixWorld

beforeAll(async () => {
  world = await startMatrixWorld()
})

afterAll(() => world.stop())

describe.each(clientKinds)('$name', (clientKind) => {
  describe.each(agentKinds)('before $name', (agentKind) => {
    test.each(Object.entries(scenarios))('%s', async (_name, scenario) => {
      await scenario(await world.pair(clientKind, agentKind))
    })
  })

  test('says the version it is in the table for, and that alone', async () => {
    const said = new Set<string | null>()
    const seen = (request: Request): void => {
      if (!request.url.includes('.well-known')) said.add(request.headers.get('a2a-version') ?? '0.3')
    }
    const client = await clientKind.open(world.base('rpc10'), fetchAs(keyOf('console'), seen))
    await client.send({ text: 'work' })
    expect([...said]).toEqual([clientKind.speaks])
  })
})
