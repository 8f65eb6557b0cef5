/** What a caller has seen of a task, put together from what it was told. */
import type { JsonObject } from '../../src/base/json.ts'

interface Text {
  readonly text?: string
}

interface Told {
  readonly id?: string
  readonly taskId?: string
  readonly contextId?: string
  readonly status?: { readonly state: string; readonly message?: { readonly parts: readonly Text[] } }
  readonly artifacts?: readonly Artifact[]
  readonly artifact?: Artifact
  readonly append?: boolean
  readonly metadata?: JsonObject
}

interface Artifact {
  readonly artifactId: string
  readonly parts: readonly Text[]
}

export interface Shown {
  readonly taskId: string
  readonly contextId: string
  /** Every state it was in, without repetitions; a task by itself has one. */
  readonly states: readonly string[]
  readonly state: string
  /** The texts of its artifacts. */
  readonly text: string
  /** What the agent says beside the state. */
  readonly said: string
  readonly metadata: JsonObject
  /** Everything, for looking for what must not be in it. */
  readonly all: string
}

/** A task as an answer shows it. */
export function shownIn(task: JsonObject): Shown {
  return shown([{ task }])
}

/** A task as the events of a stream show it. */
function shown(events: readonly JsonObject[]): Shown {
  const texts = new Map<string, string>()
  const add = ({ artifactId, parts }: Artifact, append = false): void => {
    texts.set(artifactId, (append ? (texts.get(artifactId) ?? '') : '') + textOf(parts))
  }
  const states: string[] = []
  let [taskId, contextId, said] = ['', '', '']
  let metadata: JsonObject = {}
  for (const event of events) {
    const [told] = Object.values(event) as readonly Told[]
    if (!told) continue
    taskId = told.taskId ?? told.id ?? taskId
    contextId = told.contextId ?? contextId
    metadata = { ...metadata, ...told.metadata }
    for (const artifact of told.artifacts ?? []) add(artifact)
    if (told.artifact) add(told.artifact, told.append)
    if (!told.status) continue
    if (told.status.state !== states.at(-1)) states.push(told.status.state)
    said = textOf(told.status.message?.parts ?? [])
  }
  const text = [...texts.values()].join('\n')
  return { taskId, contextId, states, state: states.at(-1) ?? '', text, said, metadata, all: JSON.stringify(events) }
}

function textOf(parts: readonly Text[]): string {
  return parts.map(({ text = '' }) => text).join('')
}

/** A stream that is being read: what it has shown so far, and when it is over. */
export interface Watched {
  readonly events: readonly JsonObject[]
  /** Settles with what it showed in the end. */
  readonly whole: Promise<Shown>
  /** Settles when what was shown `holds`. */
  until(holds: (seen: Shown) => boolean): Promise<Shown>
}

export function watched(stream: AsyncIterable<JsonObject>): Watched {
  const events: JsonObject[] = []
  const waiting = new Set<() => void>()
  const over = (async () => {
    for await (const event of stream) {
      events.push(event)
      for (const look of waiting) look()
    }
    return shown(events)
  })()
  over.catch(() => undefined)
  return {
    events,
    whole: over,
    until: (holds) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (events.length > 0 && holds(shown(events))) resolve(shown(events))
        }
        waiting.add(look)
        look()
        const late = (): void => reject(new Error(`the stream ended before: ${JSON.stringify(events)}`))
        over.then(late, reject)
      }),
  }
}
