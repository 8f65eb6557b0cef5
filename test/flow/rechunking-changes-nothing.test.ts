/** However an agent, or whatever stands before it, cuts a stream into chunks and packets: its caller reads the same bytes. */
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callHeaders } from '../support/caller.ts'
import { type Binding, bindings, type CutAgent, eventsOf, rpcId, startCutAgent } from '../support/cut-agent.ts'
import { policyOpen } from '../support/loop.ts'
import { chunk, lastChunk, streamHead } from '../support/target.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

interface Cutting {
  readonly chunks: readonly number[]
  readonly packets: readonly number[]
}

let weir: Weir
let agents: readonly CutAgent[]
/** How the answers that come next are cut. */
const cuttings: Cutting[] = []

beforeAll(async () => {
  agents = await Promise.all(
    bindings.map((binding) =>
      startCutAgent(binding, (socket, whole) => {
        const { chunks, packets } = cuttings.shift() ?? { chunks: [], packets: [] }
        const [, id = ''] = /"id":"(t-\d{6})"/.exec(whole.toString()) ?? []
        const body = split(Buffer.from(eventsOf(binding, id).join('')), chunks).map((part) => chunk(part))
        const bytes = Buffer.concat([Buffer.from(streamHead), ...body, Buffer.from(lastChunk)])
        socket.setNoDelay(true)
        void (async () => {
          for (const packet of split(bytes, packets)) {
            socket.write(packet)
            await turn()
          }
        })()
      }),
    ),
  )
  const [rpc, rest] = agents.map(({ target }) => target.url)
  weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: {
      console: { may_start_runs: true },
      jsonrpc: { url: rpc },
      rest: { url: new URL(rest ?? '').origin, bindings: ['rest'] },
    },
    policy: { dir: policyOpen },
  })
})

afterAll(async () => {
  await weir.stop()
  for (const { target } of agents) await target.stop()
})

/** In non-empty pieces. */
function split(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [...new Set(places.map((place) => place % bytes.length))].toSorted((a, b) => a - b)
  return [0, ...at].map((from, n) => bytes.subarray(from, at[n])).filter((part) => part.length > 0)
}

async function read(binding: Binding): Promise<string> {
  const params = { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] } }
  const rpc = { jsonrpc: '2.0', id: rpcId, method: 'SendStreamingMessage', params }
  const body = JSON.stringify(binding === 'rest' ? params : rpc)
  const path = binding === 'rest' ? '/message:stream' : '/'
  const url = `${weir.url}/a2a/${binding}${path}`
  const answer = await fetch(url, { method: 'POST', headers: callHeaders('console'), body })
  return (await answer.text()).replaceAll(/^:\n\n/gm, '')
}

const places = fc.array(fc.nat({ max: 4000 }), { maxLength: 60 })

test.each(bindings)(
  'the transcript of %s is the same for 300 random ways to cut it, and byte by byte',
  async (binding) => {
    const everywhere = Array.from({ length: 4000 }, (_, at) => at)
    const random = fc.sample(fc.record({ chunks: places, packets: places }), 300)
    const all = [...random, { chunks: everywhere, packets: everywhere }, { chunks: [], packets: everywhere }]
    for (let from = 0; from < all.length; from += 50) {
      cuttings.push(...all.slice(from, from + 50))
      const texts = await Promise.all(all.slice(from, from + 50).map(() => read(binding)))
      for (const text of texts) {
        const [, id = ''] = /"id":"(t-\d{6})"/.exec(text) ?? []
        expect(text).toBe(eventsOf(binding, id).join(''))
      }
    }
    expect(cuttings).toEqual([])
  },
)
