/**
 * What heavy questions to the runs index do to calls: the p99 of calls with and without them, in turns, so that what else the
 * machine does hits both alike. `--json` for machines, `--rounds`, `--seconds` and `--rate` for more.
 */
import { parseArgs } from 'node:util'
import { probe } from './latency.ts'
import { setStage, type Stage } from './stage.ts'
import { showSpread, spreadOf } from './statistics.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    rate: { type: 'string', default: '200' },
  },
})
const [rounds, seconds, per_second] = [values.rounds, values.seconds, values.rate].map(Number) as [
  number,
  number,
  number,
]

/** Each goes through all that is kept: filters that fit nothing, sums by run, long pages. */
const heavy = [
  '/api/v1/hops?limit=1000',
  '/api/v1/hops?limit=1000&filter=method:*nothing*%20or%20rule:*nobody*',
  '/api/v1/cost?by=run',
  '/api/v1/cost?by=tool&filter=-method:*x*',
  '/api/v1/top?window=86400&limit=1000',
  '/api/v1/runs?limit=1000&filter=laps%3E0',
] as const
const askers = 4

interface Load {
  answered: number
  refused: number
}

/** Asks until it is told to stop; what came of it. */
async function ask({ weir, setup }: Stage, stop: AbortSignal): Promise<Load> {
  const load: Load = { answered: 0, refused: 0 }
  const headers = { authorization: `Bearer ${setup.adminToken()}` }
  const one = async (first: number): Promise<void> => {
    for (let number = first; !stop.aborted; number += 1) {
      const answer = await fetch(`${weir.server.admin}${heavy[number % heavy.length]}`, { headers })
      await answer.arrayBuffer()
      if (answer.ok) load.answered += 1
      else load.refused += 1
    }
  }
  await Promise.all(Array.from({ length: askers }, (_, number) => one(number)))
  return load
}

await using stage = await setStage()
const shot = stage.weir.shot
// Something to look through, and everything warm.
await probe(shot, { per_second: 1000, seconds: 10 })
const alone: number[] = []
const asked: number[] = []
const total: Load = { answered: 0, refused: 0 }
for (let round = 0; round < rounds; round += 1) {
  alone.push((await probe(shot, { per_second, seconds })).p99)
  const stop = new AbortController()
  const asking = ask(stage, stop.signal)
  asked.push((await probe(shot, { per_second, seconds })).p99)
  stop.abort()
  const load = await asking
  total.answered += load.answered
  total.refused += load.refused
}
const ratios = asked.map((p99, round) => p99 / (alone[round] ?? Number.NaN))
const report = { node: process.version, rounds, per_second, alone_us: alone, asked_us: asked, ratios, queries: total }
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`)
else {
  process.stdout.write(`p99 of calls, us        ${showSpread(spreadOf(alone))}\n`)
  process.stdout.write(`p99 beside questions    ${showSpread(spreadOf(asked))}\n`)
  process.stdout.write(`ratio                   ${showSpread(spreadOf(ratios), 2)}\n`)
  process.stdout.write(`questions               ${total.answered} answered, ${total.refused} refused\n`)
}
