import { expect, test } from 'vitest'
import { denialCodes } from '../../../src/domain/denials.ts'
import { deny } from '../../../src/domain/verdict.ts'
import { haltFor, isBreach, reportBreach } from '../../../src/limits/breach.ts'
import { limits, orchestrator, research, World } from './fixture.ts'

const settings = limits({ run: { depth_max: 3 } })

test('runaways halt their run; waiting, a used-up day and a policy do not', () => {
  const halting = denialCodes.filter((code) => isBreach(deny(code, ''), settings))
  expect(halting).toEqual([
    'depth_exceeded',
    'loop_detected',
    'calls_exceeded',
    'run_time_exceeded',
    'run_budget_exhausted',
  ])
})

test('with on_breach refuse only the ceilings of our own stores halt', () => {
  const refuse = { ...settings, on_breach: 'refuse' as const }
  expect(isBreach(deny('depth_exceeded', '', { rule: 'run.depth_max' }), refuse)).toBe(false)
  expect(isBreach(deny('depth_exceeded', '', { rule: 'maximums.chain' }), refuse)).toBe(true)
})

test('the report says who started the run, where the cycle is, what it cost and which rule stopped it', () => {
  const world = new World(settings)
  const run = world.open()
  world.take(run)
  world.take(run, { agent: research, target: orchestrator, depth: 2 }).settle({ tokens: 7, cost_micros: 70 })
  world.take(run, { depth: 3 })
  const ask = world.ask(run, { agent: research, target: orchestrator, depth: 4 })
  const denial = world.try(run, ask)
  if (denial.kind !== 'denial') throw new Error('let through')
  expect(haltFor(denial, ask.hop, 5)).toEqual({
    code: 'depth_exceeded',
    reason: 'run.depth_max: 4 of 3',
    actor: 'weir',
    at: 5,
    hop: ask.hop,
  })
  expect(reportBreach(denial, ask)).toMatchObject({
    run: run.id,
    root: orchestrator,
    person: null,
    rule: 'run.depth_max',
    code: 'depth_exceeded',
    edge: { from: research, to: orchestrator, depth: 2, lap: 2 },
    path: [orchestrator, research],
    calls: 3,
    spent: { tokens: 7, cost_micros: 70 },
    reserved: { tokens: 20, cost_micros: 200 },
  })
})

test('a run that walks in no circle reports the refused edge', () => {
  const world = new World(settings)
  const ask = world.ask(world.open(), { depth: 4 })
  const report = reportBreach(deny('depth_exceeded', ''), ask)
  expect([report.edge, report.path]).toEqual([{ from: orchestrator, to: research, depth: 4, lap: 0 }, []])
})
