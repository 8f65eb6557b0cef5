/** What it takes to read a request to a model and to write what its provider gets, beside `JSON.parse` of the same bytes. */
import { mintHopId } from '../src/domain/mint-ids.ts'
import { cryptoDice } from '../src/base/dice.ts'
import type { Inbound } from '../src/protocol/http.ts'
import { isMalformed, readModelCall } from '../src/protocol/llm/read-call.ts'
import { modelRouteOf } from '../src/protocol/llm/routes.ts'
import { asksForUsage, writeModelRequest } from '../src/protocol/llm/write-request.ts'
import { bodyOf, type Shape, shapes } from './models-stage.ts'
import { type Spread, spreadOf } from './statistics.ts'

const sizes = { '1 kB': 900, '20 kB': 20_000, '200 kB': 200_000 } as const
/** So many bytes are read in a round, whatever the size of one. */
const perRound_bytes = 20_000_000
const rounds = 7

export interface CodecCost {
  readonly shape: Shape
  readonly size: string
  readonly read_us: Spread
  readonly write_us: Spread
  readonly parse_us: Spread
  /** Read and write together, beside `JSON.parse` in the same round. */
  readonly of_parse: Spread
}

export function codecCosts(): readonly CodecCost[] {
  return shapes.flatMap((shape) =>
    Object.entries(sizes).map(([size, bytes]) => costOf(shape, size, Buffer.from(bodyOf(shape, true, bytes)))),
  )
}

function costOf(shape: Shape, size: string, body: Buffer): CodecCost {
  const path = shape === 'chat' ? '/v1/chat/completions' : '/v1/messages'
  const headers = new Map([['content-type', 'application/json']])
  const route = modelRouteOf('POST', path, headers)
  if (route === null || route === 'wrong_method') throw new Error(`${path} is no path of models`)
  const received = { receivedAt: 0, startedAt: 0, peer: '127.0.0.1', clientCert: null }
  const inbound: Inbound = { method: 'POST', path, query: '', headers, body, ...received }
  const id = mintHopId(cryptoDice())
  const read = () => {
    const call = readModelCall(inbound, route, id, { media_tokens: 8192 })
    if (isMalformed(call)) throw new Error('the body of the benchmark cannot be read')
    return call
  }
  const call = read()
  const write = (): Uint8Array =>
    writeModelRequest(call, { model: 'gpt-bench', outputMax: 1000, usage: !asksForUsage(call) })
  const parse = (): unknown => JSON.parse(body.toString())
  const times = Math.ceil(perRound_bytes / body.length / 4)
  const all = Array.from({ length: rounds + 1 }, () => [read, write, parse].map((work) => timed(work, times)))
  const kept = all.slice(1)
  const of = (at: number): Spread => spreadOf(kept.map((each) => each[at] ?? Number.NaN))
  const of_parse = spreadOf(kept.map(([a = 0, b = 0, c = 0]) => (a + b) / c))
  return { shape, size, read_us: of(0), write_us: of(1), parse_us: of(2), of_parse }
}

/** CPU time of one, in microseconds. */
function timed(work: () => unknown, times: number): number {
  const before = process.cpuUsage()
  for (let n = 0; n < times; n += 1) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}
