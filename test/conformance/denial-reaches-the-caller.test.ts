import { afterEach, expect, test } from 'vitest'
import { type DenialCode, denialCodes } from '../../src/domain/denials.ts'
import { deny } from '../../src/domain/verdict.ts'
import { writeFailure } from '../../src/protocol/a2a/failure.ts'
import { writeDenial, writeDenialEvent, writeSentence } from '../../src/protocol/faces.ts'
import { streamHeaders, writeRpcError, type Written } from '../../src/protocol/jsonrpc.ts'
import { freshRun } from '../support/hop.ts'
import { type Gate, startGate } from '../support/gate.ts'
import { type SdkClient, sdkClients, sdkRestClients } from '../support/sdk-clients.ts'

const operations = ['send', 'stream'] as const
const bindings = { 'JSON-RPC': sdkClients, REST: sdkRestClients } as const
const matrix = Object.entries(bindings).flatMap(([binding, clients]) =>
  clients.flatMap((client) =>
    operations.map((operation) => [`${client.name} over ${binding}`, operation, client] as const),
  ),
)
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

test.each(matrix.filter(([, operation]) => operation === 'stream'))(
  'through %s, %s: an error behind the first event reaches the caller',
  async (_name, _operation, client) => {
    const gate = await gateOf(client, (call, response) => {
      response.writeHead(200, streamHeaders.flat())
      const denial = deny('run_halted', '')
      response.end(`: alive\n\n${writeDenialEvent(denial, { call, run: null, alternatives: null })}`)
      return null
    })
    const seen = await errorOf(client, 'stream', gate.base)
    const call = gate.calls.at(-1)
    expect(call && seen).toContain(call && writeSentence('run_halted', call.id))
  },
)

test.each(matrix)('through %s, %s: an error of the protocol reaches the caller', async (_name, operation, client) => {
  const gate = await gateOf(client, (call) => writeFailure(call, { code: -32602, message: 'No tenant was advertised' }))
  expect(await errorOf(client, operation, gate.base)).toContain('No tenant was advertised')
})

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
