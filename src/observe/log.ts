/** The log: JSON lines for operators on standard error. Rare and small: no line per call, no payload, no secret. */
import { destination, pino } from 'pino'
import type { Clock } from '../base/clock.ts'
import { scrub, scrubText } from './scrub.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
type LogLevel = (typeof logLevels)[number]

/** What a line may say beside its sentence; scrubbed before it is written. */
export type LogFacts = Readonly<Record<string, unknown>>

export interface Log {
  debug(message: string, facts?: LogFacts): void
  info(message: string, facts?: LogFacts): void
  warn(message: string, facts?: LogFacts): void
  error(message: string, facts?: LogFacts): void
  /** Writes out what is buffered; call it last, before the process ends. */
  flush(): void
}

/** Where lines go; standard error unless told. */
interface LineSink {
  write(line: string): void
}

export interface LogOptions {
  readonly level: LogLevel
  readonly clock: Clock
  readonly sink?: LineSink
}

/** Lines that wait for a slow reader; past it the newest are dropped. */
const bufferBytesMax = 1_048_576

/** Members of a line that belong to the log itself. */
const ownMembers = new Set(['level', 'time', 'pid', 'msg'])

export function openLog({ level, clock, sink }: LogOptions): Log {
  // Not synchronous: a reader of standard error that does not read must not stop the main thread.
  const out = sink ? null : destination({ dest: 2, sync: false, minLength: 0, maxLength: bufferBytesMax })
  // A closed standard error takes the log away, not the gateway.
  out?.on('error', () => undefined)
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const lines = sink ? pino(options, sink) : pino(options, out ?? undefined)
  const write =
    (kind: Exclude<LogLevel, 'silent'>) =>
    (message: string, facts: LogFacts = {}) => {
      if (lines.isLevelEnabled(kind)) lines[kind](factsOf(facts), '%s', scrubText(message))
    }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    flush() {
      try {
        out?.flushSync()
      } catch {
        // Nothing was written yet, so there is nothing to write out.
      }
    },
  }
}

function factsOf(facts: LogFacts): object {
  const kept = Object.entries(facts).map(([key, value]) => [ownMembers.has(key) ? `${key}_` : key, value])
  return Object(scrub(Object.fromEntries(kept))) as object
}
