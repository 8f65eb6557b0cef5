/** `weir demo loop`: the overnight loop in three acts, offline, with real agents on this machine. */
import type { CliDeps } from '../deps.ts'
import { exits } from '../exit-codes.ts'
import { runDemo } from '../demo/loop.ts'
import { openTerminal } from '../terminal.ts'

export interface DemoLoopOptions {
  readonly json?: boolean
  readonly keep?: boolean
}

export async function demoLoop(deps: CliDeps, options: DemoLoopOptions): Promise<number> {
  using interrupt = untilInterrupted()
  const { clock, dice, stories } = deps
  const terminal = openTerminal(deps)
  const json = options.json === true
  const live = deps.isTTY && !json ? deps.stderr : null
  const { signal } = interrupt
  const failure = await runDemo({ clock, dice, stories, terminal, live, json, keep: options.keep === true, signal })
  return failure === null ? exits.ok : terminal.fail(failure)
}

/** A signal that aborts on Ctrl-C or a polite kill, so that the demo can stop what it started. */
function untilInterrupted(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const name of signals) process.on(name, abort)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, abort)
    },
  }
}
