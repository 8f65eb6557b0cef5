/** The command of `weir exec` as a process: it has the terminal, and what is sent to us goes on to it. */
import { type ChildProcess, spawn } from 'node:child_process'
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
  let child: ChildProcess | null = null
  const pass = (signal: NodeJS.Signals): void => {
    if (signals.get(signal) === 'hand on') child?.kill(signal)
  }
  // Before there is a command: on a busy machine it may work for a while before we are back from starting it.
  for (const signal of signals.keys()) process.on(signal, pass)
  try {
    child = spawn(program, args, { stdio: 'inherit', env })
    return await ending(child)
  } finally {
    for (const signal of signals.keys()) process.off(signal, pass)
  }
}

function ending(child: ChildProcess): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    child.once('error', resolve)
    child.once('exit', (code, signal) => resolve(code ?? killed + (signal === null ? 0 : constants.signals[signal])))
  })
}
