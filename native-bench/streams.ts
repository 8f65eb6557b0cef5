/**
 * Streams: what Weir costs an event, an open stream and a reader, beside a raw uWebSockets.js + undici pipe in the same run.
 * Rounds are alternated; quote the ratio of a round's pair, its median and spread.
 */
import { execFileSync } from 'node:child_process'
import { showSpread, type Spread, spreadOf } from './statistics.ts'
import type { Stream } from './stream-calls.ts'
import {
  measure,
  setStreamStage,
  type StreamRound,
  type StreamSide,
  type StreamStage,
  subscribing,
} from './stream-stage.ts'
import { heartbeat_ms } from './weir-setup.ts'

export interface StreamOptions {
  readonly rounds: number
  /** Streams at once, and events of each, while events are counted. */
  readonly streams: number
  readonly events: number
  /** Streams that are open and silent. */
  readonly idle: number
  readonly idle_seconds: number
  /** Readers of one task. */
  readonly readers: number
}

interface Relayed {
  readonly events_per_second: Spread
  readonly cpu_us_per_event: Spread
  readonly main_us_per_event: Spread
  /** CPU beside that of the pipe in the same round. */
  readonly ratio_cpu: Spread
}

interface Idle {
  readonly streams: number
  readonly heartbeats_per_stream: number
  readonly bytes_per_stream: number
  readonly cpu_ms_per_second_per_1000: number
}

interface FanOut {
  readonly readers: number
  readonly events_out_per_second: Spread
  readonly cpu_us_per_event_out: Spread
}

interface StreamReport {
  readonly schema: 'weir.bench.streams/v1'
  readonly node: string
  readonly options: StreamOptions
  readonly relayed: Readonly<Record<'pipe' | 'weir' | 'translated', Relayed>>
  readonly idle: Readonly<Record<'pipe' | 'weir', Idle>>
  readonly fan_out: FanOut
}

type Progress = (line: string) => void

export async function benchStreams(options: StreamOptions, progress: Progress): Promise<StreamReport> {
  const relayed = await relay(options, progress)
  const fan_out = await fanOut(options, progress)
  const idle = await idleOnBoth(options, progress)
  return { schema: 'weir.bench.streams/v1', node: process.version, options, relayed, idle, fan_out }
}

async function relay(options: StreamOptions, progress: Progress): Promise<StreamReport['relayed']> {
  await using stage = await setStreamStage()
  const sides = [stage.pipe, stage.weir, stage.translated]
  const rounds: StreamRound[][] = []
  for (let n = -1; n <= options.rounds; n += 1) {
    const round: StreamRound[] = []
    for (const side of sides) round.push(await relayRound(stage, side, options))
    if (n < 1) continue
    rounds.push(round)
    const shown = round.map(({ cpu_us }, at) => `${sides[at]?.name ?? ''} ${cpu_us.toFixed(1)} us`)
    progress(`events, round ${n}/${options.rounds}: ${shown.join(', ')}`)
  }
  const of = (index: number): Relayed => {
    const values = (read: (round: StreamRound, plain: StreamRound) => number): Spread =>
      spreadOf(rounds.map((round) => read(round[index] as StreamRound, round[0] as StreamRound)))
    return {
      events_per_second: values((round) => round.events_per_second),
      cpu_us_per_event: values((round) => round.cpu_us),
      main_us_per_event: values((round) => round.main_us),
      ratio_cpu: values((round, plain) => round.cpu_us / plain.cpu_us),
    }
  }
  return { pipe: of(0), weir: of(1), translated: of(2) }
}

/** Every stream whole: the task, its events and how it ended. */
export function relayRound(
  { caller }: StreamStage,
  side: StreamSide,
  { streams, events }: Pick<StreamOptions, 'streams' | 'events'>,
): Promise<StreamRound> {
  return measure(side.server, async () => {
    const shot = side.shotOf(String(events))
    const all = await Promise.all(Array.from({ length: streams }, () => caller.ask(shot)))
    const seen = all.reduce((sum, { count }) => sum + count.events, 0)
    const expected = streams * (events + 2)
    if (seen !== expected) throw new Error(`${side.name} told ${seen} events of ${expected}`)
    return seen
  })
}

/** One task and its readers, who hear of everything the agent says from the moment on in which all of them listen. */
async function fanOut(options: StreamOptions, progress: Progress): Promise<FanOut> {
  await using stage = await setStreamStage()
  const rounds: StreamRound[] = []
  for (let n = -1; n <= options.rounds; n += 1) {
    const round = await fanOutRound(stage, options)
    if (n < 1) continue
    rounds.push(round)
    progress(`readers, round ${n}/${options.rounds}: ${round.cpu_us.toFixed(1)} us an event out`)
  }
  return {
    readers: options.readers,
    events_out_per_second: spreadOf(rounds.map((round) => round.events_per_second)),
    cpu_us_per_event_out: spreadOf(rounds.map((round) => round.cpu_us)),
  }
}

async function fanOutRound(
  { caller, agent, weir }: StreamStage,
  { readers, events }: StreamOptions,
): Promise<StreamRound> {
  const first = await caller.open(weir.shotOf(`held ${events}`))
  const taskId = await taskOf(first)
  const shot = subscribing(weir, taskId)
  const others = await inTurns(readers - 1, () => caller.open(shot))
  const all = [first, ...others]
  const heard = (): number => all.reduce((sum, { count }) => sum + count.events, 0)
  const before = heard()
  return measure(weir.server, async () => {
    await fetch(agent.url, { method: 'POST', body: JSON.stringify({ text: 'go' }) })
    await Promise.all(all.map(({ ended }) => ended))
    const told = heard() - before
    if (told < readers * (events + 1)) throw new Error(`the readers heard ${told} events of ${readers * (events + 1)}`)
    return told
  })
}

/** The agent counts its tasks, so the id stands in the first event. */
async function taskOf({ count }: Stream): Promise<string> {
  for (let tries = 0; tries < 500; tries += 1) {
    const id = /"id":"(task-\d+)"/.exec(count.begins)?.[1]
    if (id !== undefined) return id
    await seconds(0.01)
  }
  throw new Error('the agent named no task')
}

async function idleOnBoth(options: StreamOptions, progress: Progress): Promise<StreamReport['idle']> {
  const fits = { ...options, idle: Math.min(options.idle, streamsThatFit()) }
  if (fits.idle < options.idle)
    progress(`${options.idle} streams need more file descriptors than there are: ${fits.idle}`)
  await using stage = await setStreamStage()
  const pipe = await holdIdle(stage, stage.pipe, fits)
  progress(`idle: the pipe held ${pipe.streams}`)
  const weir = await holdIdle(stage, stage.weir, fits)
  progress(`idle: Weir held ${weir.streams}`)
  return { pipe, weir }
}

/** A gateway needs two descriptors a stream and some for itself. */
function streamsThatFit(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Math.floor((Number(limit) - 200) / 2)
}

async function holdIdle(
  { caller }: StreamStage,
  { server, shotOf }: StreamSide,
  options: StreamOptions,
): Promise<Idle> {
  // What the first streams cost for good is not counted.
  const warm = await inTurns(100, () => caller.open(shotOf('0')))
  for (const { leave } of warm) leave()
  await seconds(1)
  const empty = server.rss_bytes()
  const open = await inTurns(options.idle, () => caller.open(shotOf('0')))
  await seconds(heartbeat_ms / 1000)
  const bytes = (): number => open.reduce((sum, { count }) => sum + count.bytes, 0)
  const [cpu, told, started] = [server.cpu(), bytes(), performance.now()]
  await seconds(options.idle_seconds)
  const passed = (performance.now() - started) / 1000
  const cpu_us = server.cpu().all_us - cpu.all_us
  const held = server.rss_bytes() - empty
  const lost = open.filter(({ over }) => over).length
  if (lost > 0) throw new Error(`${lost} of ${open.length} idle streams did not stay open`)
  const beats = (bytes() - told) / ':\n\n'.length / open.length
  for (const { leave } of open) leave()
  await seconds(2)
  return {
    streams: open.length,
    heartbeats_per_stream: beats,
    bytes_per_stream: held / open.length,
    cpu_ms_per_second_per_1000: cpu_us / 1000 / passed / (open.length / 1000),
  }
}

/** So many at once that no queue of the machine overflows. */
async function inTurns<T>(amount: number, act: () => Promise<T>): Promise<readonly T[]> {
  const done: T[] = []
  while (done.length < amount) {
    const batch = Math.min(50, amount - done.length)
    done.push(...(await Promise.all(Array.from({ length: batch }, act))))
  }
  return done
}

function seconds(amount: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, amount * 1000))
}

export function showStreams({ relayed, idle, fan_out, options }: StreamReport): string {
  const side = (name: string, one: Relayed): string =>
    [
      name.padEnd(20),
      showSpread(one.events_per_second, 0).padEnd(26),
      showSpread(one.cpu_us_per_event, 1).padEnd(20),
      showSpread(one.main_us_per_event, 1).padEnd(20),
      showSpread(one.ratio_cpu, 2),
    ].join('')
  const held = (name: string, one: Idle): string =>
    [
      name.padEnd(20),
      String(one.streams).padEnd(10),
      `${(one.bytes_per_stream / 1024).toFixed(1)} KiB`.padEnd(16),
      `${one.cpu_ms_per_second_per_1000.toFixed(1)} ms/s`.padEnd(16),
      one.heartbeats_per_stream.toFixed(1),
    ].join('')
  return [
    `${options.streams} streams of ${options.events} events at once`,
    `${''.padEnd(20)}${'events/s'.padEnd(26)}${'CPU us an event'.padEnd(20)}${'main us'.padEnd(20)}CPU / pipe`,
    side('pipe', relayed.pipe),
    side('Weir', relayed.weir),
    side('Weir, 0.3 to 1.0', relayed.translated),
    '',
    `idle streams, a heartbeat each ${heartbeat_ms} ms, for ${options.idle_seconds} s`,
    `${''.padEnd(20)}${'streams'.padEnd(10)}${'RSS a stream'.padEnd(16)}${'CPU of 1000'.padEnd(16)}heartbeats of one`,
    held('pipe', idle.pipe),
    held('Weir', idle.weir),
    '',
    `${fan_out.readers} readers of one task: ${showSpread(fan_out.events_out_per_second, 0)} events out a second, ` +
      `${showSpread(fan_out.cpu_us_per_event_out, 1)} us of CPU each`,
    '',
  ].join('\n')
}
