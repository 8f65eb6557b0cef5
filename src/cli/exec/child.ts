/** The command of `weir exec` as a process: it has the terminal, and what is sent to us goes on to it. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { isatty } from 'node:tty'

/** What a shell adds to the number of the signal a command died of. */
const killed = 128
const standardStreams = [0, 1, 2] as const

/**
 * Signals that go on. On a terminal Ctrl-C and Ctrl-\ reach every process in front of it, so the command has its own already,
 * and a second one would mean "now" to many programs. Listening to them keeps us here until the command has ended.
 */
function signalsFor(onTerminal: boolean): ReadonlyMap<NodeJS.Signals, 'hand on' | 'wait'> {
  const typed = onTerminal ? 'wait' : 'hand on'
  return new Map([
    ['SIGINT', typed],
    ['SIGQUIT', typed],
    ['SIGTERM', 'hand on'],
    ['SIGHUP', 'hand on'],
  ])
}

/** Resolves to its exit code, or 128 and the number of the signal it died of; to the error where it cannot be started. */
export async function runCommand(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number | NodeJS.ErrnoException> {
  const signals = signalsFor(standardStreams.some((stream) => isatty(stream)))
  const child = spawn(program, args, { stdio: 'inherit', env })
  const pass = (signal: NodeJS.Signals): void => {
    if (signals.get(signal) === 'hand on') child.kill(signal)
  }
  for (const signal of signals.keys()) process.on(signal, pass)
  try {
    return await new Promise<number | NodeJS.ErrnoException>((resolve) => {
      child.once('error', resolve)
      child.once('exit', (code, signal) => resolve(code ?? killed + (signal === null ? 0 : constants.signals[signal])))
    })
  } finally {
    for (const signal of signals.keys()) process.off(signal, pass)
  }
}
