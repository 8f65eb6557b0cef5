/** Intents are durable before what they allow happens: a gateway that is killed at any moment has sent nothing it does not know of. */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isHopId } from '../../src/domain/ids.ts'
import type { LedgerEntry } from '../../src/domain/record.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { say } from '../support/caller.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

const effects = join(import.meta.dirname, 'ledger-effects.ts')

/** Of whole gateways, and of processes that have nothing but the ledger and effects: 200 together. */
const kills = { gateways: 24, ledgers: 176 }
/** Each in a directory of its own. */
const side_by_side = 2
const callers = 8
/** Longest time after the first answer; some kills come before it. */
const later_max_ms = 40

/** Agents whose calls count as effects; what they are sent names the hop. */
function config(agent: ScriptedAgent) {
  return {
    identity: { api_keys: [apiKey('console')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: agent.url, traceparent: 'open' },
    },
  }
}

/** Calls without end, each as soon as the one before is over, until nobody answers any more. */
async function callOnAndOn(weir: Weir, answered: () => void): Promise<void> {
  for (;;) {
    const said = await say(weir, { from: 'console', to: 'orchestrator' }).catch(() => null)
    if (said === null) return
    answered()
  }
}

/** One life: started, put under load, killed somewhere on the way. */
async function live(agent: ScriptedAgent, round: number, directory?: string): Promise<string> {
  const weir = await startWeir(config(agent), directory)
  const first = Promise.withResolvers<void>()
  const load = Array.from({ length: callers }, () => callOnAndOn(weir, first.resolve))
  // Every fifth is killed while its first calls are on their way, the others at places spread over what follows.
  if (round % 5 === 0) await new Promise((resolve) => setTimeout(resolve, round % 7))
  else await first.promise.then(() => new Promise((resolve) => setTimeout(resolve, (round * 17) % later_max_ms)))
  await weir.kill('SIGKILL')
  await Promise.all(load)
  return weir.directory
}

async function entriesOf(directory: string): Promise<readonly LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const item of readLedger(join(directory, 'state', 'ledger')))
    if (item.kind === 'entry') entries.push(item.entry)
  return entries
}

/** Hops that an agent was asked to work for, without an intent in the ledger of that directory. */
async function livesAt(place: number) {
  const agent = await startScriptedAgent(() => completedTask('done'))
  let directory: string | undefined
  for (let round = place; round < kills.gateways; round += side_by_side) directory = await live(agent, round, directory)
  const sent = agent.asked.map(({ headers }) => String(headers['traceparent']).split('-')[2])
  await agent.stop()
  const entries = await entriesOf(directory ?? '')
  const intended = new Set(
    entries.filter(({ kind }) => kind === 'intent').map((entry) => ('rid' in entry ? String(entry.rid) : '')),
  )
  return {
    sent: sent.length,
    boots: entries.filter(({ kind }) => kind === 'boot').length,
    unrecorded: sent.filter((hop) => !intended.has(`hop_${hop}`)),
  }
}

test(`whatever an agent was sent has its intent in the ledger, killed at ${kills.gateways} moments`, async () => {
  const lives = await Promise.all(Array.from({ length: side_by_side }, (_, place) => livesAt(place)))
  expect(lives.flatMap(({ unrecorded }) => unrecorded)).toEqual([])
  for (const { boots, sent } of lives) {
    expect(boots).toBeGreaterThan(kills.gateways / side_by_side / 2)
    expect(sent).toBeGreaterThan(kills.gateways / side_by_side)
  }
}, 300_000)

/** A process that did not get as far as its first effect by then is killed all the same. */
const patience_ms = 20_000

/** Lets a process write down its effects until it is killed, some time after the first of them. */
function actUntilKilled(dir: string, round: number, seen: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [effects, dir, String(round), seen], { stdio: ['ignore', 'pipe', 'inherit'] })
    const late = setTimeout(() => child.kill('SIGKILL'), patience_ms)
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), (round * 7) % later_max_ms))
    child.on('error', reject)
    child.on('close', () => {
      clearTimeout(late)
      resolve()
    })
  })
}

/** Effects of a directory's processes, one after the other, and those without an intent in its ledger. */
async function actsAt(place: number) {
  const home = tempFolder()
  const dir = join(home, 'state', 'ledger')
  const file = join(home, 'effects')
  mkdirSync(dir, { recursive: true })
  for (let round = place; round < kills.ledgers; round += side_by_side) await actUntilKilled(dir, round, file)
  const seen = readFileSync(file, 'utf8').split('\n').filter(isHopId)
  const intended = new Set((await entriesOf(home)).map((entry) => ('rid' in entry ? String(entry.rid) : '')))
  return { seen: seen.length, unrecorded: seen.filter((hop) => !intended.has(hop)) }
}

test(`an effect that waited for its intent has it in the ledger, killed at ${kills.ledgers} moments`, async () => {
  const acts = await Promise.all(Array.from({ length: side_by_side }, (_, place) => actsAt(place)))
  expect(acts.flatMap(({ unrecorded }) => unrecorded)).toEqual([])
  for (const { seen } of acts) expect(seen).toBeGreaterThan(kills.ledgers / side_by_side)
}, 300_000)
