/** Everybody who listens to one link: what all of them want together, and who hears what. */
import { makeFault } from '../wire/transport.ts'
import type { Fault } from '../../domain/fault.ts'
import type { Answer, Ask, Listening, NoticeHearer, Wants } from './link.ts'
import type { Json } from './channel.ts'
import { textAt } from './params.ts'

interface Listener {
  wants: Wants
  readonly hearer: NoticeHearer
}

/** So many listen to one link at once, and to so many resources and tasks of it. */
const listeners_max = 16_384
const names_max = 4096

export const nothing: Wants = {
  toolsListChanged: false,
  promptsListChanged: false,
  resourcesListChanged: false,
  resources: [],
  tasks: [],
}

/** What is never about one request, although it may come on the stream of one. */
export function isForListeners(method: string): boolean {
  return isWanted.has(method) || method === 'notifications/elicitation/complete'
}

const isWanted: ReadonlyMap<string, (wants: Wants, params: Json | null) => boolean> = new Map([
  ['notifications/tools/list_changed', (wants: Wants) => wants.toolsListChanged],
  ['notifications/prompts/list_changed', (wants: Wants) => wants.promptsListChanged],
  ['notifications/resources/list_changed', (wants: Wants) => wants.resourcesListChanged],
  ['notifications/resources/updated', ({ resources }: Wants, params: Json | null) => isBelow(resources, params)],
  ['notifications/tasks/status', isOfTask],
  ['notifications/tasks', isOfTask],
])

/** What changed may be a part of what is listened to (resources, subscriptions). */
function isBelow(resources: readonly string[], params: Json | null): boolean {
  const uri = textAt(params, ['uri'])
  return uri !== null && resources.some((each) => uri === each || uri.startsWith(`${each}/`))
}

function isOfTask({ tasks }: Wants, params: Json | null): boolean {
  const id = textAt(params, ['taskId'])
  return id !== null && tasks.includes(id)
}

export class Listeners {
  readonly #all = new Set<Listener>()
  readonly #changed: () => void

  /** `changed` is called whenever what is wanted may have changed. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  get size(): number {
    return this.#all.size
  }

  add(wants: Wants, hearer: NoticeHearer): Listening {
    const listener: Listener = { wants, hearer }
    if (this.#all.size >= listeners_max) {
      queueMicrotask(() => hearer.onEnd(makeFault('overloaded', 'too many listen to this server', false)))
      return { use: () => undefined, close: () => undefined }
    }
    this.#all.add(listener)
    this.#changed()
    return {
      use: (other) => {
        listener.wants = other
        this.#changed()
      },
      close: () => {
        if (this.#all.delete(listener)) this.#changed()
      },
    }
  }

  /** What all of them want together, in a fixed order. */
  union(): Wants {
    const all = [...this.#all].map(({ wants }) => wants)
    const names = (of: (wants: Wants) => readonly string[]): readonly string[] =>
      [...new Set(all.flatMap(of))].slice(0, names_max).toSorted()
    return {
      toolsListChanged: all.some((wants) => wants.toolsListChanged),
      promptsListChanged: all.some((wants) => wants.promptsListChanged),
      resourcesListChanged: all.some((wants) => wants.resourcesListChanged),
      resources: names((wants) => wants.resources),
      tasks: names((wants) => wants.tasks),
    }
  }

  notice(method: string, params: Json | null): void {
    const wanted = isWanted.get(method)
    for (const { wants, hearer } of this.#all)
      if (wanted === undefined || wanted(wants, params)) hearer.onNotice(method, params)
  }

  /** One of them is asked, the one that listens longest; false where nobody is there. */
  ask(ask: Ask, answer: (answers: ReadonlyMap<string, Answer>) => void): boolean {
    const [first] = this.#all
    first?.hearer.onAsk(ask, answer)
    return first !== undefined
  }

  /** Nothing more comes. */
  end(fault: Fault | null): void {
    const all = [...this.#all]
    this.#all.clear()
    for (const { hearer } of all) hearer.onEnd(fault)
  }
}
