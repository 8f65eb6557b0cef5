/** Links to servers that say what a test says, without any wire. */
import type { Fault } from '../../src/domain/fault.ts'
import type { Denial } from '../../src/domain/verdict.ts'
import type { Era } from '../../src/protocol/mcp/read-call.ts'
import type {
  About,
  Asking,
  Hearer,
  Link,
  Links,
  NoticeHearer,
  Speaker,
  Talk,
  Wants,
} from '../../src/relay/mcp/link.ts'

/** What was asked of a server. */
export interface AskedOf {
  readonly server: string
  readonly asking: Asking
  readonly hearer: Hearer
  readonly cancelled: () => string | null
}

/** Links to servers that answer what a test says; those in `down` cannot be reached, those in `silent` never answer. */
export class ScriptedLinks implements Links {
  readonly asked: AskedOf[] = []
  readonly opened: string[] = []
  readonly told: string[] = []
  readonly listening = new Map<string, { wants: Wants; readonly hearer: NoticeHearer }>()
  readonly down = new Set<string>()
  readonly silent = new Set<string>()
  readonly abouts = new Map<string, Partial<About>>()
  /** The result of a request, or null for one that stays open. */
  answer: (server: string, asking: Asking) => object | null = () => ({})

  speaks(): boolean | null {
    return null
  }

  async open(_: unknown, to: { server: string; speaker: Speaker; era: Era }): Promise<Link | Fault | Denial> {
    const { server, speaker, era } = to
    this.opened.push(`${server} as ${speaker.key}`)
    if (this.silent.has(server)) return new Promise(() => undefined)
    if (this.down.has(server)) return { kind: 'fault', code: 'connect_failed', detail: 'refused', sent: false }
    const about = { era, version: '2025-11-25', serverInfo: null, instructions: null } as const
    return {
      about: { ...about, capabilities: Buffer.from('{"tools":{}}'), ...this.abouts.get(server) },
      ask: (_warrant, asking, hearer) => this.#ask(server, asking, hearer),
      tell: (method) => void this.told.push(`${server} ${method}`),
      listen: (_warrant, wants, hearer) => {
        this.listening.set(server, { wants, hearer })
        return {
          use: (next) => void this.listening.set(server, { wants: next, hearer }),
          close: () => void this.listening.delete(server),
        }
      },
      open: true,
      close: () => undefined,
    }
  }

  async close(): Promise<void> {}

  #ask(server: string, asking: Asking, hearer: Hearer): Talk {
    let reason: string | null = null
    this.asked.push({ server, asking, hearer, cancelled: () => reason })
    const result = this.answer(server, asking)
    if (result !== null)
      queueMicrotask(() => hearer.onEnd({ kind: 'result', result: Buffer.from(JSON.stringify(result)) }))
    return {
      answer: () => undefined,
      cancel: (why) => void (reason = why),
      pause: () => undefined,
      resume: () => undefined,
      sent: true,
    }
  }
}
