/** What lasts from one start to the next: the state directory and everything that is read back from it. */
import { mkdirSync } from 'node:fs'
import { takeLock } from './base/instance-lock.ts'
import { type Clock, steadyClock, systemClock } from './base/clock.ts'
import { cryptoDice } from './base/dice.ts'
import { Lock as ToolLock } from './catalogue/lock.ts'
import type { Loaded } from './config/load.ts'
import type { Settings } from './config/settings.ts'
import { openRunsIndex, type RunsIndex } from './gateway-archive.ts'
import { openLedgerIn } from './gateway-log.ts'
import { openToolLock } from './gateway-mcp.ts'
import { planTelemetry } from './gateway-otlp.ts'
import {
  type Lasting,
  openKeys,
  openLasting,
  openOutside,
  planRevocations,
  type PlannedRevocations,
  replayLedger,
  type StartProblem,
  startProblem,
  type Workshop,
} from './gateway-parts.ts'
import { openTasksIn } from './gateway-tasks.ts'
import { startName } from './ledger/drop/start-name.ts'
import { Ledger } from './ledger/ledger.ts'
import type { Replayed } from './ledger/replay.ts'
import type { Log } from './observe/log.ts'
import type { Road } from './pipeline/road.ts'
import type { OtlpThreadSetup } from './threads/archive-otlp.ts'

/** What an operator says at a start, and not in the configuration. */
export interface StartWord {
  /** Sealed entries of the ledger may be missing; the ledger says so for ever. */
  readonly acceptTruncation: boolean
}

export async function openGround(start: Start, stack: AsyncDisposableStack): Promise<Ground | StartProblem> {
  const { loaded, log, word } = start
  const { settings } = loaded
  const { dir } = settings.state
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const lock = takeLock(dir)
  if (typeof lock === 'string') return startProblem(70, lock)
  stack.defer(() => lock.release())
  const clock = steadyClock(systemClock, (by_ms) =>
    log.warn('the clock of this machine was set back; time goes on without it until a restart', { by_ms }),
  )
  const secrets = openSecrets(settings, clock, log)
  if ('exit' in secrets) return secrets
  const boot = startName(secrets.dice)
  const ledger = await openLedgerIn(settings, { clock, log, boot, keys: secrets.keys, ...word })
  if (!(ledger instanceof Ledger)) return ledger
  // Opened before the pool and so closed after it: a call whose signature the pool gives up still leaves its record.
  const telemetry = planTelemetry(settings, boot)
  const index = openRunsIndex(settings, { ledger, clock, log, telemetry })
  stack.defer(() => index.close())
  stack.defer(async () => void (await ledger.close()))
  const outside = openOutside(settings)
  const tasks = await openTasksIn(settings, { clock, dice: secrets.dice, log, outside })
  if (tasks.kind === 'start_problem') return tasks
  stack.defer(() => tasks.close())
  const pins = await openToolLock(settings, clock)
  if (!(pins instanceof ToolLock)) return pins
  const replayed = await replayLedger(settings, clock.now())
  if ('exit' in replayed) return replayed
  return { kind: 'ground', clock, secrets, boot, ledger, index, telemetry, outside, tasks, pins, replayed }
}

export interface Start {
  readonly loaded: Loaded
  readonly log: Log
  readonly word: StartWord
}

export interface Ground {
  readonly kind: 'ground'
  readonly clock: Clock
  readonly secrets: Secrets
  readonly boot: string
  readonly ledger: Ledger
  readonly index: RunsIndex
  /** Null where nothing is exported. */
  readonly telemetry: OtlpThreadSetup | null
  readonly outside: Workshop['outside']
  readonly tasks: Road['tasks']
  readonly pins: ToolLock
  readonly replayed: Replayed
}

/** What makes names and signatures, and what was revoked. */
function openSecrets(settings: Settings, clock: Clock, log: Log): Secrets | StartProblem {
  const keys = openKeys(settings, clock, log)
  if (keys.kind !== 'keyring') return keys
  const revoked = planRevocations(settings, clock)
  if ('exit' in revoked) return revoked
  const dice = cryptoDice()
  const lasting = openLasting(settings, dice)
  return 'exit' in lasting ? lasting : { keys, revoked, dice, ...lasting }
}

interface Secrets extends Lasting, Pick<Workshop, 'keys' | 'dice'> {
  readonly revoked: PlannedRevocations
}
