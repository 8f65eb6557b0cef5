/**
 * A2A unary: Weir against the bare pass-through, alternated round by round. Quote the ratio of a round's pair, its
 * median and spread, never a single figure.
 */
import { type Latency, probe, type Shot } from './latency.ts'
import { alternate, type Round, setStage } from './stage.ts'
import { showSpread, type Spread, spreadOf } from './statistics.ts'

export interface A2aOptions {
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
}

interface Side {
  readonly requests_per_second: Spread
  readonly cpu_us_per_request: Spread
  /** Of these, the thread that serves. */
  readonly main_us_per_request: Spread
  /** Added by this server over a direct call to the agent, in microseconds. */
  readonly added_us: Latency
}

interface A2aReport {
  readonly schema: 'weir.bench.a2a/v1'
  readonly node: string
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
  readonly passthrough: Side
  readonly weir: Side
  /** Weir / pass-through, of the pair of each round. */
  readonly ratio_requests: Spread
  readonly ratio_cpu: Spread
  readonly ratio_main: Spread
}

export async function benchA2a(options: A2aOptions, progress: (line: string) => void): Promise<A2aReport> {
  const { rounds, seconds, connections } = options
  await using stage = await setStage()
  const quiet = (): void => undefined
  await alternate(stage, { rounds: 1, connections, length: { duration: seconds } }, quiet)
  const pairs = await alternate(stage, { rounds, connections, length: { duration: seconds } }, progress)
  const direct = await measured(stage.direct.shot)
  const [a, b] = [await measured(stage.passthrough.shot), await measured(stage.weir.shot)]
  return report(options, pairs, [minus(a, direct), minus(b, direct)])
}

const gentle = { per_second: 400, seconds: 5 }

async function measured(shot: Shot): Promise<Latency> {
  await probe(shot, { ...gentle, seconds: 1 })
  return probe(shot, gentle)
}

function minus(one: Latency, other: Latency): Latency {
  return { p50: one.p50 - other.p50, p99: one.p99 - other.p99, p99_9: one.p99_9 - other.p99_9 }
}

type Pair = readonly [Round, Round]

function report(options: A2aOptions, pairs: readonly Pair[], added: readonly [Latency, Latency]): A2aReport {
  const side = (index: 0 | 1): Side => ({
    requests_per_second: spreadOf(pairs.map((pair) => pair[index].requests_per_second)),
    cpu_us_per_request: spreadOf(pairs.map((pair) => pair[index].cpu_us)),
    main_us_per_request: spreadOf(pairs.map((pair) => pair[index].main_us)),
    added_us: added[index],
  })
  const ratio = (of: keyof Round): Spread => spreadOf(pairs.map(([plain, weir]) => weir[of] / plain[of]))
  return {
    schema: 'weir.bench.a2a/v1',
    node: process.version,
    ...options,
    passthrough: side(0),
    weir: side(1),
    ratio_requests: ratio('requests_per_second'),
    ratio_cpu: ratio('cpu_us'),
    ratio_main: ratio('main_us'),
  }
}

export function showA2a(result: A2aReport): string {
  const row = (name: string, side: Side): string =>
    [
      name.padEnd(14),
      showSpread(side.requests_per_second, 0).padEnd(24),
      showSpread(side.cpu_us_per_request, 0).padEnd(16),
      showSpread(side.main_us_per_request, 0).padEnd(16),
      [side.added_us.p50, side.added_us.p99, side.added_us.p99_9].map((us) => (us / 1000).toFixed(2)).join(' / '),
    ].join('')
  const { ratio_requests, ratio_cpu, ratio_main } = result
  const columns = ['requests/s'.padEnd(24), 'CPU us'.padEnd(16), 'main us'.padEnd(16)].join('')
  return [
    `${''.padEnd(14)}${columns}added p50 / p99 / p99.9 ms`,
    row('pass-through', result.passthrough),
    row('Weir', result.weir),
    `Weir / pass-through: ${showSpread(ratio_requests, 2)} of the requests/s, ${showSpread(ratio_cpu, 2)} of the CPU, ` +
      `${showSpread(ratio_main, 2)} of the main thread's`,
    '',
  ].join('\n')
}
