/** An agent whose stream breaks off, wherever it does: its caller sees how the task came out or that something is wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callHeaders } from '../support/caller.ts'
import {
  answerOf,
  type Binding,
  bindings,
  type Cut,
  type CutAgent,
  endings,
  endsOf,
  eventsOf,
  recoveries,
  rpcId,
  startCutAgent,
  textOf,
} from '../support/cut-agent.ts'
import { policyOpen } from '../support/loop.ts'
import { eventsIn } from '../support/relay.ts'
import { sdkClientsWith } from '../support/sdk-clients.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let weir: Weir
let agents: Readonly<Record<Binding, CutAgent>>
const total = { jsonrpc: answerOf('jsonrpc', 't-000000').length, rest: answerOf('rest', 't-000000').length }
/** Streams that are open at once. */
const atOnce = 200

beforeAll(async () => {
  agents = { jsonrpc: await startCutAgent('jsonrpc'), rest: await startCutAgent('rest') }
  const url = { jsonrpc: agents.jsonrpc.target.url, rest: new URL(agents.rest.target.url).origin }
  weir = await startWeir({
    gateway: { public_url: undefined },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: {
      console: { may_start_runs: true },
      jsonrpc: { url: url.jsonrpc },
      rest: { url: url.rest, bindings: ['rest'] },
    },
    policy: { dir: policyOpen },
  })
})

afterAll(async () => {
  await weir.stop()
  for (const binding of bindings) await agents[binding].target.stop()
})

async function streamOf(binding: Binding, text: string): Promise<string> {
  const params = { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text }] } }
  const rpc = { jsonrpc: '2.0', id: rpcId, method: 'SendStreamingMessage', params }
  const path = binding === 'rest' ? '/message:stream' : '/'
  const body = JSON.stringify(binding === 'rest' ? params : rpc)
  const answer = await fetch(`${weir.url}/a2a/${binding}${path}`, {
    method: 'POST',
    headers: callHeaders('console'),
    body,
  })
  return await answer.text()
}

/** What was read, without what keeps the connection alive; over REST an error has an event name before its data. */
function eventsRead(text: string): readonly unknown[] {
  if (text.startsWith('{')) return [JSON.parse(text)]
  return eventsIn(text.replaceAll(/^:\n\n/gm, '').replaceAll(/^event: error\n/gm, ''))
}

function kindOf(event: unknown): 'completed' | 'error' | 'open' | 'nothing' {
  if (event === undefined) return 'nothing'
  if (JSON.stringify(event).startsWith('{"error"') || Object.hasOwn(event as object, 'error')) return 'error'
  return JSON.stringify(event).includes('"state":"TASK_STATE_COMPLETED"') ? 'completed' : 'open'
}

/** What a caller must be told in the end; null where it depends on what the system threw away with the connection. */
function expected(binding: Binding, { at, how, later }: Cut): 'completed' | 'error' | null {
  const ends = endsOf(binding)
  if (how === 'rst') return null
  if (at >= (ends.at(-1) ?? 0)) return 'completed'
  return later === 'completed' && at >= (ends[0] ?? 0) ? 'completed' : 'error'
}

async function each<T>(all: readonly T[], most: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all]
  const worker = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await work(one)
  }
  await Promise.all(Array.from({ length: most }, worker))
}

/** Every offset; what follows takes turns, so that each comes right behind every boundary as well. */
function cutsOf(binding: Binding, how: Cut['how']): readonly Cut[] {
  const cuts = Array.from({ length: total[binding] + 1 }, (_, at) => {
    const later = recoveries[at % recoveries.length] ?? 'dead'
    return { at, how, later }
  })
  const close = nearEnds(binding).flatMap((at) => recoveries.map((later) => ({ at, how, later })))
  return [...cuts, ...close]
}

function nearEnds(binding: Binding): readonly number[] {
  const head = (endsOf(binding)[0] ?? 0) - Buffer.byteLength(eventsOf(binding, 't-000000')[0] ?? '')
  return [head, ...endsOf(binding)].flatMap((at) => [at - 1, at, at + 1])
}

describe.each(bindings)('over %s', (binding) => {
  test.each(endings)(
    'a stream cut by %s at any byte ends with the task or with an error, never in silence',
    async (how) => {
      const wrong: unknown[] = []
      const order = eventsRead(eventsOf(binding, 'x').join(''))
      await each(cutsOf(binding, how), atOnce, async (cut) => {
        const events = eventsRead(await streamOf(binding, textOf(cut)))
        const kind = kindOf(events.at(-1))
        const should = expected(binding, cut)
        if (should === null ? kind === 'open' || kind === 'nothing' : kind !== should) wrong.push([cut, kind])
        if (events.length > order.length + 1) wrong.push([cut, 'too many events', events])
      })
      expect(wrong).toEqual([])
    },
    180_000,
  )
})

describe.each(bindings)('the official clients over %s', (binding) => {
  const some = Array.from({ length: 20 }, (_, n) => Math.floor((total[binding] * (n * 7 + 3)) / 143))
  const cuts = [...nearEnds(binding), ...some].flatMap((at, n) =>
    endings.map((how): Cut => ({ at, how, later: recoveries[n % recoveries.length] ?? 'dead' })),
  )
  const clients = sdkClientsWith({ authorization: `Bearer ${keyOf('console')}` }, binding)
  const used = clients.filter(({ name }) => !name.includes('compatibility'))

  test.each(used.map((client) => [client.name, client] as const))(
    '%s sees the end of the task or an exception',
    async (_name, client) => {
      const wrong: unknown[] = []
      await each(cuts, 40, async (cut) => {
        agents[binding].plans.push(cut)
        const [last] = await client.stream(`${weir.url}/a2a/${binding}/`).then(
          (events) => events.slice(-1),
          (error: unknown) => (error instanceof Error ? ['thrown'] : [error]),
        )
        if (last !== 'thrown' && !isOver(last)) wrong.push([cut, last])
      })
      expect(wrong).toEqual([])
    },
    180_000,
  )
})

/** In either generation: 3 is what 1.3.0 makes of TASK_STATE_COMPLETED. */
function isOver(event: unknown): boolean {
  const text = JSON.stringify(event ?? null)
  return text.includes('"state":3') || text.includes('"state":"completed"')
}
