/** What a script can rely on: every command ends in one of these numbers, and each means one thing. */
export const exits = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** The question was understood and the answer is no: a bad file, an invalid token, a run that had already ended. */
  no: 3,
  unauthenticated: 4,
  not_found: 5,
  denied: 6,
  unreachable: 7,
  timeout: 8,
  /** `weir serve` follows sysexits, so that a service manager knows not to restart on 64 and 78. */
  serve_usage: 64,
  serve_internal: 70,
  serve_ledger: 75,
  serve_config: 78,
  /** `weir exec` follows shells, because every other number may be that of the command. */
  exec_not_startable: 126,
  exec_not_found: 127,
  interrupted: 130,
} as const

export type ExitName = keyof typeof exits

/** Why a command cannot do what it was asked: one sentence for stderr and the exit code that goes with it. */
export interface CliProblem {
  readonly kind: 'cli-problem'
  readonly exit: ExitName
  readonly text: string
}

export function problem(exit: ExitName, text: string): CliProblem {
  return { kind: 'cli-problem', exit, text }
}

export function isProblem(value: object | null): value is CliProblem {
  return value !== null && 'kind' in value && value.kind === 'cli-problem'
}
