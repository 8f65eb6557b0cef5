import { afterEach, expect, test } from 'vitest'
import { type DenialCode, denialCodes } from '../../src/domain/denials.ts'
import { deny } from '../../src/domain/verdict.ts'
import { writeDenial, writeSentence } from '../../src/protocol/faces.ts'
import { writeRpcError, type Written } from '../../src/protocol/jsonrpc.ts'
import { freshRun } from '../support/hop.ts'
import { type Gate, startGate } from '../support/gate.ts'
import { type SdkClient, sdkClients } from '../support/sdk-clients.ts'

const operations = ['send', 'stream'] as const
const matrix = sdkClients.flatMap((client) => operations.map((operation) => [client.name, operation, client] as const))
const opened: Gate[] = []

afterEach(async () => {
  for (const gate of opened.splice(0)) await gate.stop()
})

/** What the caller's program sees when it prints the error its SDK threw. */
async function errorOf(client: SdkClient, operation: 'send' | 'stream', base: string): Promise<string> {
  try {
    return `no error but ${JSON.stringify(await client[operation](base))}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function gateOf(client: SdkClient, serve: Parameters<typeof startGate>[1]): Promise<Gate> {
  const gate = await startGate([client.speaks], serve)
  opened.push(gate)
  return gate
}

test.each(matrix)(
  'through %s, %s: every sentence reaches the caller, after one request',
  async (_name, operation, client) => {
    let code: DenialCode = 'policy_denied'
    const run = freshRun().id
    const gate = await gateOf(client, (call) =>
      writeDenial(deny(code, ''), { call, run, alternatives: ['agent:critic'] }),
    )
    for (code of denialCodes) {
      const before = gate.calls.length
      const seen = await errorOf(client, operation, gate.base)
      const last = gate.calls.at(-1)
      expect(last && seen).toContain(last && writeSentence(code, last.id, ['agent:critic']))
      expect(gate.calls.length - before).toBe(1)
    }
  },
)

/** Why the face of a refused stream is one event: what each other form costs, measured. */
const forms: Readonly<Record<string, (body: string) => Written>> = {
  'one event over 200': (body) => ({
    status: 200,
    headers: [['content-type', 'text/event-stream']],
    body: `data: ${body}\n\n`,
  }),
  'JSON over 200': (body) => ({ status: 200, headers: [['content-type', 'application/json']], body }),
  'JSON over 403': (body) => ({ status: 403, headers: [['content-type', 'application/json']], body }),
}
const lost = ['JSON over 200 through @a2a-js/sdk 0.3.14']

test.each(Object.keys(forms).flatMap((form) => sdkClients.map((client) => [form, client.name, client] as const)))(
  'a refused stream as %s through %s is as we measured it',
  async (form, name, client) => {
    const gate = await gateOf(
      client,
      (call) => forms[form]?.(writeRpcError(call.rpcId, { code: 1403, message: 'the sentence' })) ?? null,
    )
    const seen = await errorOf(client, 'stream', gate.base)
    expect(seen.includes('the sentence')).toBe(!lost.includes(`${form} through ${name}`))
  },
)
