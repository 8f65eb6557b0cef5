/**
 * Models: what Weir costs a call and an event of a stream, beside a bare pass-through and a bare pipe in front of the same
 * provider. Rounds are alternated; quote the ratio of a round's pair, its median and spread.
 */
import { type CodecCost, codecCosts } from './codec-cost.ts'
import { type Latency, probe } from './latency.ts'
import { type ModelStage, setModelStage, type Shape, shapes, type Ways } from './models-stage.ts'
import { round, type Side } from './stage.ts'
import { showSpread, type Spread, spreadOf } from './statistics.ts'
import { measure } from './stream-stage.ts'

export interface ModelOptions {
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
  /** Pieces of each stream. */
  readonly tokens: number
}

/** Calls of one side as fast as it answers; of streams what an event costs. */
interface Paced {
  readonly per_second: number
  readonly cpu_us: number
  readonly main_us: number
}

interface Cost {
  readonly per_second: Spread
  readonly cpu_us: Spread
  readonly main_us: Spread
  /** Over a direct call to the provider, in microseconds; of a stream up to its end. */
  readonly added_us: Latency
}

interface Pair {
  readonly plain: Cost
  readonly weir: Cost
  /** Weir / plain, of the pair of each round. */
  readonly ratio_per_second: Spread
  readonly ratio_cpu: Spread
}

interface ModelReport extends ModelOptions {
  readonly schema: 'weir.bench.models/v1'
  readonly node: string
  readonly whole: Readonly<Record<Shape, Pair>>
  readonly streamed: Readonly<Record<Shape, Pair>>
  readonly codec: readonly CodecCost[]
}

type Progress = (line: string) => void

export async function benchModels(options: ModelOptions, progress: Progress): Promise<ModelReport> {
  await using stage = await setModelStage(options.tokens)
  const pairOf = async (kind: 'whole' | 'streamed', shape: Shape): Promise<Pair> =>
    compare(stage, stage[kind][shape], options, (line) => progress(`${shape}, ${kind}, ${line}`))
  const both = async (kind: 'whole' | 'streamed'): Promise<Record<Shape, Pair>> => ({
    chat: await pairOf(kind, 'chat'),
    messages: await pairOf(kind, 'messages'),
  })
  const [whole, streamed] = [await both('whole'), await both('streamed')]
  progress('reading and writing requests')
  return {
    schema: 'weir.bench.models/v1',
    node: process.version,
    ...options,
    whole,
    streamed,
    codec: codecCosts(),
  }
}

async function compare(stage: ModelStage, ways: Ways, options: ModelOptions, progress: Progress): Promise<Pair> {
  const sides = [ways.plain, ways.weir] as const
  const pairs: (readonly [Paced, Paced])[] = []
  for (let n = 0; n <= options.rounds; n += 1) {
    const pair = [await paced(stage, ways, sides[0], options), await paced(stage, ways, sides[1], options)] as const
    // The first warms up.
    if (n === 0) continue
    pairs.push(pair)
    progress(`round ${n}/${options.rounds}: ${pair.map(({ cpu_us }) => `${cpu_us.toFixed(1)} us`).join(', ')}`)
  }
  const direct = await latencyOf(ways, ways.direct)
  const costOf = async (at: 0 | 1): Promise<Cost> => ({
    per_second: spreadOf(pairs.map((pair) => pair[at].per_second)),
    cpu_us: spreadOf(pairs.map((pair) => pair[at].cpu_us)),
    main_us: spreadOf(pairs.map((pair) => pair[at].main_us)),
    added_us: minus(await latencyOf(ways, sides[at]), direct),
  })
  return {
    plain: await costOf(0),
    weir: await costOf(1),
    ratio_per_second: spreadOf(pairs.map(([plain, weir]) => weir.per_second / plain.per_second)),
    ratio_cpu: spreadOf(pairs.map(([plain, weir]) => weir.cpu_us / plain.cpu_us)),
  }
}

async function paced(stage: ModelStage, ways: Ways, side: Side, options: ModelOptions): Promise<Paced> {
  if (ways.events > 0) return streamRound(stage, ways, side, options)
  const { requests_per_second, ...rest } = await round(side, options.connections, { duration: options.seconds })
  return { ...rest, per_second: requests_per_second }
}

/** As many streams at once as there are connections, again and again. Throws if one was not told to its end. */
export async function streamRound(
  { caller }: Pick<ModelStage, 'caller'>,
  { events }: Pick<Ways, 'events'>,
  { server, shot }: Side,
  { connections, seconds }: Pick<ModelOptions, 'connections' | 'seconds'>,
): Promise<Paced> {
  const until = performance.now() + seconds * 1000
  const { events_per_second, ...rest } = await measure(server, async () => {
    const seen = await Promise.all(
      Array.from({ length: connections }, async () => {
        let sum = 0
        do {
          const { count } = await caller.ask(shot)
          if (count.events !== events) throw new Error(`${server.name} told ${count.events} events of ${events}`)
          sum += count.events
        } while (performance.now() < until)
        return sum
      }),
    )
    return seen.reduce((sum, each) => sum + each, 0)
  })
  return { ...rest, per_second: events_per_second }
}

/** Well under saturation: calls a second. */
const gentle = { whole: 300, streamed: 30 }

async function latencyOf({ events }: Ways, { shot }: Side): Promise<Latency> {
  const per_second = events > 0 ? gentle.streamed : gentle.whole
  await probe(shot, { per_second, seconds: 1 })
  return probe(shot, { per_second, seconds: 4 })
}

function minus(one: Latency, other: Latency): Latency {
  return { p50: one.p50 - other.p50, p99: one.p99 - other.p99, p99_9: one.p99_9 - other.p99_9 }
}

export function showModels({ whole, streamed, codec, tokens, connections }: ModelReport): string {
  return [
    `whole answers, ${connections} connections`,
    ...table(whole, 'requests/s', 'CPU us a call'),
    '',
    `streams of ${tokens} pieces, ${connections} at once`,
    ...table(streamed, 'events/s', 'CPU us an event'),
    '',
    `requests${' '.repeat(16)}${['read us', 'write us', 'JSON.parse us', '/ parse'].map((name) => name.padEnd(24)).join('')}`,
    ...codec.map((each) =>
      [
        `${each.shape}, ${each.size}`.padEnd(24),
        showSpread(each.read_us).padEnd(24),
        showSpread(each.write_us).padEnd(24),
        showSpread(each.parse_us).padEnd(24),
        showSpread(each.of_parse, 2),
      ].join(''),
    ),
    '',
  ].join('\n')
}

function table(of: Readonly<Record<Shape, Pair>>, speed: string, cost: string): readonly string[] {
  const columns = [
    speed.padEnd(28),
    cost.padEnd(22),
    'main us'.padEnd(22),
    'added p50 / p99 ms'.padEnd(20),
    'CPU / plain',
  ]
  const row = (name: string, { per_second, cpu_us, main_us, added_us }: Cost, ratio: string): string =>
    [
      name.padEnd(24),
      showSpread(per_second, 0).padEnd(28),
      showSpread(cpu_us).padEnd(22),
      showSpread(main_us).padEnd(22),
      `${(added_us.p50 / 1000).toFixed(2)} / ${(added_us.p99 / 1000).toFixed(2)}`.padEnd(20),
      ratio,
    ].join('')
  return [
    `${' '.repeat(24)}${columns.join('')}`,
    ...shapes.flatMap((shape) => {
      const { plain, weir, ratio_cpu, ratio_per_second } = of[shape]
      const ratios = `${showSpread(ratio_cpu, 2)}, ${showSpread(ratio_per_second, 2)} of the speed`
      return [row(`${shape}, plain`, plain, '1'), row(`${shape}, Weir`, weir, ratios)]
    }),
  ]
}
