/**
 * `npm run -s bench -- a2a [--json] [--rounds 7] [--seconds 2] [--connections 64]`, `streams [--json] [--rounds 7] [--streams 64]
 * [--events 300] [--idle 10000] [--readers 500]`,
 * `mcp [--json] [--rounds 7] [--seconds 2] [--servers 20] [--agents 50]`, `models [--json] [--rounds 7] [--seconds 2] [--connections 64]
 * [--tokens 200]`, or `limits`, `policy`, `ledger`, `identity` for what one part costs, `every-call [--calls 1000000]` for whether each left its record,
 * `long-run [--hops 100000]` and `simulate` for what looking back costs. Progress goes to stderr, the result to stdout.
 */
import { parseArgs } from 'node:util'
import { benchA2a, showA2a } from './a2a.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    streams: { type: 'string', default: '64' },
    events: { type: 'string', default: '300' },
    idle: { type: 'string', default: '10000' },
    idle_seconds: { type: 'string', default: '20' },
    readers: { type: 'string', default: '500' },
    servers: { type: 'string', default: '20' },
    agents: { type: 'string', default: '50' },
    tokens: { type: 'string', default: '200' },
    calls: { type: 'string', default: '1000000' },
    hops: { type: 'string', default: '100000' },
    records: { type: 'string', default: '1000000' },
  },
})

// Ended from outside, the bench leaves by its exit handlers, which end its children.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const scenarios: Readonly<Record<string, () => Promise<unknown>>> = {
  a2a,
  streams,
  limits: () => import('./limits.ts'),
  policy: () => import('./policy.ts'),
  ledger: () => import('./ledger.ts'),
  'every-call': () => import('./every-call.ts'),
  'long-run': () => import('./long-run.ts'),
  simulate: () => import('./simulate.ts'),
  identity,
  mcp,
  models,
}

const name = positionals[0] ?? 'a2a'
const scenario = scenarios[name]
if (scenario) await scenario()
else {
  process.stderr.write(`there is no scenario "${name}"; there are: ${Object.keys(scenarios).join(', ')}\n`)
  process.exitCode = 2
}

async function a2a(): Promise<void> {
  const options = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
  }
  const report = await benchA2a(options, (line) => process.stderr.write(`${line}\n`))
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : showA2a(report))
}

async function streams(): Promise<void> {
  const { benchStreams, showStreams } = await import('./streams.ts')
  const options = {
    rounds: Number(values.rounds),
    streams: Number(values.streams),
    events: Number(values.events),
    idle: Number(values.idle),
    idle_seconds: Number(values.idle_seconds),
    readers: Number(values.readers),
  }
  const report = await benchStreams(options, (line) => process.stderr.write(`${line}\n`))
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : showStreams(report))
}

async function mcp(): Promise<void> {
  const { benchMcp, showMcp } = await import('./mcp.ts')
  const options = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    servers: Number(values.servers),
    agents: Number(values.agents),
  }
  const report = await benchMcp(options, (line) => process.stderr.write(`${line}\n`))
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : showMcp(report))
}

async function models(): Promise<void> {
  const { benchModels, showModels } = await import('./models.ts')
  const options = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    tokens: Number(values.tokens),
  }
  const report = await benchModels(options, (line) => process.stderr.write(`${line}\n`))
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : showModels(report))
}

async function identity(): Promise<void> {
  const { benchIdentity, checksOf, showIdentity } = await import('./identity.ts')
  const { demoHitRates } = await import('./demo-hits.ts')
  const report = await benchIdentity()
  const hits = await demoHitRates()
  const lent = hits.map(({ title, hit, miss }) => `lent in the demo        ${hit} of ${hit + miss} calls: ${title}`)
  process.stdout.write(
    values.json ? `${JSON.stringify({ ...report, hits })}\n` : `${[showIdentity(report), ...lent].join('\n')}\n`,
  )
  process.exitCode = checksOf(report).every(({ holds }) => holds) ? 0 : 1
}
