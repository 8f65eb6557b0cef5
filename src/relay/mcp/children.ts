/**
 * All tool servers that are child processes. A process is started when its channel is opened, and when it ends its channel
 * has ended: whoever needs the server again opens another. A server whose processes end too early is not started again for
 * a while, longer each time, and whoever calls it meanwhile hears so at once. Nothing of it outlives the gateway.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Clock } from '../../base/clock.ts'
import type { Wheel } from '../../base/wheel.ts'
import type { ToolProcess } from '../../config/settings-tools.ts'
import { makeFault } from '../wire/transport.ts'
import { Child, type ChildEnd } from './child.ts'
import type { Line, LineEars, LineSettings } from './line.ts'
import { LineChannel } from './line-channel.ts'

interface ChildLog {
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
}

export interface ChildrenParts {
  /** `maximums.tool_processes`. */
  readonly processes_max: number
  /** What every process inherits (`childEnvironment`). */
  readonly environment: Readonly<Record<string, string>>
  readonly lines: LineSettings
  readonly wheel: Wheel
  readonly clock: Clock
  readonly log: ChildLog
}

/** How the processes of a server are doing. */
export interface ChildHealth {
  readonly running: number
  readonly started: number
  /** Ends in a row that came too early. */
  readonly crashes: number
  /** How long it will not be started; 0 where it may be. */
  readonly wait_ms: number
  /** How the last one that nobody had closed ended; null if none did. */
  readonly lastEnd: string | null
}

interface History {
  started: number
  crashes: number
  /** Ends in a row on being greeted in words of another era. */
  strange: number
  /** By the monotonic clock. */
  notBefore: number
  lastEnd: string | null
}

/** Servers that are remembered; more than a configuration names, those of earlier ones included. */
const servers_max = 4096

/**
 * Whoever does not know `server/discover` may end on it, and is then greeted in the words of the other era: no crash, for as
 * many callers as may come at once, and one if nobody ever hears a word.
 */
const strange_max = 64

export class Children {
  readonly #parts: ChildrenParts
  readonly #histories = new BoundedMap<string, History>({ max: servers_max })
  readonly #running = new Map<Child, string>()
  readonly #killAll = (): void => {
    for (const child of this.#running.keys()) child.kill()
  }
  #closing: PromiseWithResolvers<void> | null = null

  constructor(parts: ChildrenParts) {
    this.#parts = parts
    // However the gateway ends, short of being killed itself: nobody is left.
    process.once('exit', this.#killAll)
  }

  get lines(): LineSettings {
    return this.#parts.lines
  }

  /** Starts a process of that server, or says why not; its line has then ended already. */
  start(server: string, settings: ToolProcess, ears: LineEars): Line {
    const history = this.#historyOf(server)
    const why = this.#whyNot(history)
    if (why !== null) return this.#never(why, ears)
    const { wheel, environment, clock, log } = this.#parts
    const startedAt = clock.monotonic()
    history.started += 1
    try {
      const child: Child = new Child(settings, ears, {
        wheel,
        environment,
        onSpeak: () => (history.strange = 0),
        onEnd: (end) => this.#bury(child, { end, settings, lived_ms: clock.monotonic() - startedAt }),
      })
      this.#running.set(child, server)
      log.debug('the process of a tool server was started', { server, child: child.pid })
      return child
    } catch (error) {
      const how = `it cannot be started (${error instanceof Error ? error.message : String(error)})`
      this.#count(history, settings, how)
      return this.#never(how, ears)
    }
  }

  health(server: string): ChildHealth {
    const { started, crashes, notBefore, lastEnd } = this.#histories.get(server) ?? fresh()
    const running = [...this.#running.values()].filter((each) => each === server).length
    return { running, started, crashes, wait_ms: this.#waitOf(notBefore), lastEnd }
  }

  /** Ends all of them and starts none any more; resolves when nobody is left, which is a few seconds at most. */
  close(): Promise<void> {
    if (this.#closing) return this.#closing.promise
    this.#closing = Promise.withResolvers()
    for (const child of this.#running.keys()) child.close()
    this.#settle()
    return this.#closing.promise
  }

  #whyNot({ crashes, notBefore }: History): string | null {
    if (this.#closing) return 'the gateway stops'
    const wait_ms = this.#waitOf(notBefore)
    if (wait_ms > 0) return `it ended too early ${crashes} times in a row and is started again in ${wait_ms} ms`
    const { processes_max } = this.#parts
    return this.#running.size < processes_max ? null : `there are ${processes_max} processes (maximums.tool_processes)`
  }

  #waitOf(notBefore: number): number {
    return Math.max(0, Math.ceil(notBefore - this.#parts.clock.monotonic()))
  }

  #never(why: string, ears: LineEars): Line {
    ears.onEnd(makeFault('connect_failed', `the process of the server: ${why}`, false))
    return { write: (_sent, done) => done(null), close: () => {} }
  }

  #bury(child: Child, { end, settings, lived_ms }: { end: ChildEnd; settings: ToolProcess; lived_ms: number }): void {
    const server = this.#running.get(child) ?? ''
    const { how, byItself, wasStrange, stderr } = end
    const facts = { server, child: child.pid, lived_ms: Math.round(lived_ms), stderr }
    this.#running.delete(child)
    const history = this.#historyOf(server)
    if (lived_ms >= settings.restart.steady_ms) history.crashes = 0
    else if (byItself && wasStrange && history.strange < strange_max) history.strange += 1
    else if (byItself) this.#count(history, settings, how)
    if (byItself) history.lastEnd = how
    if (byItself) this.#parts.log.warn(`the process of a tool server is gone: ${how}`, facts)
    else this.#parts.log.debug(`the process of a tool server was closed: ${how}`, facts)
    this.#settle()
  }

  /** The first is free, for anything may happen once. */
  #count(history: History, { restart: { first_ms, max_ms } }: ToolProcess, how: string): void {
    history.lastEnd = how
    history.crashes += 1
    if (history.crashes < 2) return
    const wait_ms = Math.min(max_ms, first_ms * 2 ** Math.min(history.crashes - 2, 30))
    history.notBefore = this.#parts.clock.monotonic() + wait_ms
  }

  #historyOf(server: string): History {
    const known = this.#histories.get(server)
    if (known) return known
    const history = fresh()
    this.#histories.set(server, history)
    return history
  }

  #settle(): void {
    if (!this.#closing || this.#running.size > 0) return
    process.removeListener('exit', this.#killAll)
    this.#closing.resolve()
  }
}

function fresh(): History {
  return { started: 0, crashes: 0, strange: 0, notBefore: 0, lastEnd: null }
}

/** Starts a process for a server of the configuration; closing the channel ends it. */
export function openProcessChannel(server: string, settings: ToolProcess, children: Children): LineChannel {
  return new LineChannel((ears) => children.start(server, settings, ears), children.lines)
}
