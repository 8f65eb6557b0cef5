/**
 * A run of real agents is recorded and played again on a gateway of its own before a mock: with the same policies everything
 * comes out the same, with others exactly what they change, and nobody who worked then is asked again.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunRerun } from '../../src/pipeline/whatif/rerun/compare.ts'
import { runWeir } from '../support/evidence.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { say, type Said } from '../support/caller.ts'
import { type Loop, loopConfig, policyOpen, startLoop, startLoopCall } from '../support/loop.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { startThreeAgents, type ThreeAgents } from '../support/three-agents.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

let three: ThreeAgents
let run = ''
const config = (): string => join(three.weir.directory, 'weir.yaml')

beforeAll(async () => {
  three = await startThreeAgents({ ledger: { capture: { level: 'full' } } })
  run = await three.work()
  await ledgerOf(three.weir)
}, 120_000)

afterAll(async () => {
  await three.stop()
})

interface Ended {
  readonly code: number
  readonly report: RunRerun
}

async function again(
  asked: { readonly run: string; readonly config: string },
  ...more: readonly string[]
): Promise<Ended> {
  const { code, stdout, stderr } = await runWeir(
    'replay',
    asked.run,
    '--upstream',
    'mock',
    '--json',
    '--config',
    asked.config,
    ...more,
  )
  if (stdout === '') throw new Error(stderr)
  return { code: code ?? -1, report: JSON.parse(stdout) as RunRerun }
}

const heardBy = (): number => [...three.heard.values()].reduce((sum, { length }) => sum + length, 0)

/** The policies under which everyone may call everyone, and these. */
function policiesWith(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-again-'))
  cpSync(policyOpen, dir, { recursive: true })
  writeFileSync(join(dir, 'more.cedar'), text)
  return dir
}

test('with the same policies every decision, depth and cost is the recorded one, and no agent hears of it', async () => {
  const before = heardBy()
  const { code, report } = await again({ run, config: config() })
  expect(report).toMatchObject({ sent: 6, same: 6, changed: [], not_reached: 0, not_sent: [], ended: 'complete' })
  // Of a refused call nothing is captured, and it is sent all the same.
  expect(report.made_up).toEqual({ requests: 1, answers: 0 })
  expect(report.would).toEqual(report.was)
  expect(code).toBe(0)
  expect(heardBy()).toBe(before)
})

test('a policy that forbids one edge flips exactly that, and what was below it is not reached', async () => {
  const dir = policiesWith(
    `@id("shut") forbid(principal == Weir::Agent::"orchestrator", action, resource == Weir::Agent::"writer");`,
  )
  const before = heardBy()
  const { code, report } = await again({ run, config: config() }, '--policy', dir)
  expect(report).toMatchObject({
    allow_to_deny: 1,
    deny_to_allow: 0,
    not_reached: 2,
    same: 3,
    changed: [
      {
        agent: 'agent:orchestrator',
        target: 'agent:writer',
        was: { decision: 'allow', status: 'answered' },
        now: { decision: 'deny', code: 'policy_denied', rules: ['shut'] },
      },
    ],
  })
  expect(code).toBe(0)
  expect(heardBy()).toBe(before)
})

test('a refusal that would not be one is marked, and ends in 3', async () => {
  const { code, report } = await again({ run, config: config() }, '--policy', policyOpen)
  expect(report).toMatchObject({ deny_to_allow: 1, changed: [{ agent: 'agent:writer', target: 'agent:research' }] })
  expect(code).toBe(3)
  const near = relative(process.cwd(), policyOpen)
  const page = await runWeir('replay', run, '--upstream', 'mock', '--policy', near, '--config', config())
  expect(page.stdout).toContain('deny→allow')
  expect(page.stdout).toContain('agent:writer → agent:research')
})

test('neither a key nor a place of the real gateway is in the configuration it is played with', async () => {
  const seen = new Set(leftovers())
  const played = again({ run, config: config() })
  let written = ''
  while (written === '') {
    const [dir] = leftovers().filter((name) => !seen.has(name))
    if (dir !== undefined) written = textOf(join(tmpdir(), dir, 'weir.yaml'))
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  for (const secret of ['sk-of-the-operator', 'sha256', three.weir.directory]) expect(written).not.toContain(secret)
  await played
  expect(leftovers().filter((name) => !seen.has(name))).toEqual([])
})

function leftovers(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('weir-replay-'))
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** A replay whose gateway is up, and the folder of that. */
async function underWay(): Promise<{
  readonly child: ChildProcess
  readonly ended: Promise<unknown>
  readonly dir: string
}> {
  const seen = new Set(leftovers())
  const main = join(import.meta.dirname, '../../src/main.ts')
  const child = spawn(process.execPath, [main, 'replay', run, '--upstream', 'mock', '--config', config()])
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const own = (): string => leftovers().find((name) => !seen.has(name)) ?? 'none'
  while (textOf(join(tmpdir(), own(), 'state', 'admin.url')) === '')
    await new Promise((resolve) => setTimeout(resolve, 25))
  return { child, ended, dir: own() }
}

test('whoever has seen enough interrupts it, and nothing is left running or lying about', async () => {
  const { child, ended, dir } = await underWay()
  expect(processesOf(dir)).toHaveLength(1)
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(leftovers()).not.toContain(dir)
  expect(processesOf(dir)).toEqual([])
})

test('a gateway whose replay was killed does not outlive it', async () => {
  const { child, ended, dir } = await underWay()
  child.kill('SIGKILL')
  await ended
  await expect.poll(() => processesOf(dir), { timeout: 20_000 }).toEqual([])
  rmSync(join(tmpdir(), dir), { recursive: true, force: true })
})

/** Ids of the processes that were started with something in that folder. */
function processesOf(dir: string): readonly string[] {
  return readdirSync('/proc').filter((id) => /^\d+$/.test(id) && textOf(`/proc/${id}/cmdline`).includes(dir))
}

test('a loop that a limit has halted is halted again, and goes on where the limit is higher', async () => {
  const loop: Loop = await startLoop()
  const limits = (depth_max: number) => ({ run: { depth_max, cost_micros_max: 1_000_000 } })
  const start = (depth_max: number): Promise<Weir> =>
    startWeir(
      loopConfig(loop, {
        policy: policyOpen,
        limits: limits(depth_max),
        more: { ledger: { capture: { level: 'full' } } },
      }),
    )
  const weir = await start(4)
  const wider = await start(9)
  try {
    loop.connect(weir)
    const said = await startLoopCall(weir)
    const asked = { run: said.headers.get('weir-run-id') ?? '', config: join(weir.directory, 'weir.yaml') }
    await ledgerOf(weir)
    const laps = loop.onward.length
    const same = await again(asked)
    expect(same.report).toMatchObject({ sent: 5, same: 5, changed: [], not_sent: [] })
    const more = await again(asked, '--limits', join(wider.directory, 'weir.yaml'))
    expect(more.report).toMatchObject({ deny_to_allow: 1, allow_to_deny: 0 })
    expect(more.code).toBe(3)
    const [flip] = more.report.changed.filter(({ differs }) => differs.includes('decision'))
    expect(flip).toMatchObject({ was: { code: 'depth_exceeded', depth: 5 }, now: { decision: 'allow', depth: 5 } })
    expect(loop.onward.length).toBe(laps)
  } finally {
    await weir.stop()
    await wider.stop()
    await loop.stop()
  }
})

test('what an operator has halted is halted again, with everything that was open then', async () => {
  const started: (() => void)[] = []
  const hang = await startScriptedAgent(
    () => new Promise((resolve) => void started.push(() => resolve(completedTask('late')))),
  )
  const weir = await startWeir({
    policy: { dir: policyOpen },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: { console: { groups: ['entrypoints'], may_start_runs: true }, slow: { url: hang.url } },
  })
  try {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const call = (): Promise<Said> => say(weir, { from: 'console', to: 'slow', headers: { traceparent } })
    const open = [call(), call()]
    await expect.poll(() => started.length, { timeout: 20_000 }).toBe(2)
    const { runs } = await weir.ask<{ runs: { readonly id: string }[] }>('/api/v1/runs')
    const id = runs[0]?.id ?? ''
    await weir.ask(`/api/v1/runs/${id}/halt`, { reason: 'enough' })
    await Promise.all(open)
    await call()
    const calls = (await ledgerOf(weir)).flatMap((entry) => (entry.kind === 'call' && entry.run === id ? [entry] : []))
    expect(calls.map(({ outcome }) => outcome.status)).toEqual(['halted', 'halted', 'refused'])
    const { report } = await again({ run: id, config: join(weir.directory, 'weir.yaml') })
    expect(report).toMatchObject({ sent: 3, same: 3, changed: [] })
    expect(hang.asked.length).toBe(2)
  } finally {
    for (const go of started) go()
    await weir.stop()
    await hang.stop()
  }
})
