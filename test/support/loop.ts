/**
 * The runaway loop in miniature: the orchestrator asks research, research asks the orchestrator back, for ever. Each
 * carries the delivery token on, unless a test makes it forget; both say what happened to them.
 */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { RunView } from './admin-views.ts'
import { refusalOf, say, type Said } from './caller.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from './scripted-agent.ts'
import { apiKey, startWeir, type Weir, type WeirConfig } from './weir.ts'

export interface Loop {
  readonly agents: Readonly<Record<'orchestrator' | 'research', ScriptedAgent>>
  /** Every onward call in the order it was answered: who called whom, and the refusal, null if it went through. */
  readonly onward: readonly { readonly from: string; readonly to: string; readonly refusal: string | null }[]
  /** Weir, once it runs; the agents wait for it. */
  connect(weir: Weir): void
  stop(): Promise<void>
}

/** Which headers an agent sends with its onward call, given those it received. Forwards the delivery token by default. */
export type Carry = (received: Readonly<Record<string, unknown>>, lap: number) => Readonly<Record<string, string>>

const forward: Carry = (received) => ({ 'txn-token': String(received['txn-token']) })

/** An agent gives up by itself after so many laps, so that a test of a broken limit ends. */
const lapsCeiling = 40

export async function startLoop(carry: Carry = forward): Promise<Loop> {
  const onward: { from: string; to: string; refusal: string | null }[] = []
  let weir: Weir | null = null
  let laps = 0
  const script =
    (from: string, to: string) => async (asked: { readonly headers: Readonly<Record<string, unknown>> }) => {
      laps += 1
      if (weir === null || laps > lapsCeiling) return completedTask('gave up by itself')
      const said = await say(weir, { from, to, headers: carry(asked.headers, laps) })
      onward.push({ from, to, refusal: refusalOf(said) })
      return completedTask(`${from} heard ${said.text.slice(0, 80)}`)
    }
  const orchestrator = await startScriptedAgent(script('orchestrator', 'research'))
  const research = await startScriptedAgent(script('research', 'orchestrator'))
  return {
    agents: { orchestrator, research },
    onward,
    connect: (running) => {
      weir = running
    },
    async stop() {
      await Promise.all([orchestrator.stop(), research.stop()])
    },
  }
}

/** The policies under which everyone may call everyone. */
export const policyOpen = join(import.meta.dirname, '../../config/policy-open')

export interface Governing {
  readonly limits?: Readonly<Record<string, unknown>>
  readonly policy?: string
  readonly more?: Readonly<Record<string, unknown>>
}

/** Settings for the loop's agents, with `console` as the app that starts it for user:tomas. */
export function loopConfig(loop: Loop, governing: Governing): WeirConfig {
  const price = { call_micros: 10_000, call_tokens: 100 }
  return {
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator'), apiKey('research'), apiKey('writer')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: loop.agents.orchestrator.url, price },
      research: { url: loop.agents.research.url, groups: ['subagents'], price },
      writer: { groups: ['subagents'] },
    },
    ...(governing.policy === undefined ? {} : { policy: { dir: governing.policy } }),
    limits: governing.limits ?? {},
    ...governing.more,
  }
}

export function startLoopCall(weir: Weir): Promise<Said> {
  return say(weir, { from: 'console', to: 'orchestrator', text: 'research the market' })
}

/** What the loop left behind when its first call was answered. */
export interface LoopEnd {
  readonly loop: Loop
  /** Every run Weir knows, newest first. */
  readonly runs: readonly RunView[]
  /** The newest run in full. */
  readonly run: RunView
}

/** Plays the loop once through a Weir of its own; the test that asked for it cleans up. */
export async function runLoop(governing: Governing, carry?: Carry): Promise<LoopEnd> {
  const loop = await startLoop(carry)
  onTestFinished(() => loop.stop())
  const weir = await startWeir(loopConfig(loop, governing))
  onTestFinished(async () => void (await weir.stop()))
  loop.connect(weir)
  await startLoopCall(weir)
  const { runs } = await weir.ask<{ runs: RunView[] }>('/api/v1/runs')
  const run = await weir.ask<RunView>(`/api/v1/runs/${runs[0]?.id}`)
  return { loop, runs, run }
}
