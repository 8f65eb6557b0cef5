/**
 * What an agent says, told as one growing text. Artifacts are the answer, and so are messages; what a status says while the
 * agent works is not, but its last words are: the question it waits with, or what it closes with. A text that was told
 * cannot be taken back, so an artifact that is replaced by one that goes on from it is told from there, and by any other as
 * one more paragraph.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { phaseOf, type TaskPhase, type TaskState } from '../../domain/task.ts'
import { unwrap, type Wrapper } from '../a2a/translate/event.ts'
import { objectsOf, textOf } from '../a2a/translate/members.ts'
import { stateTo10 } from '../a2a/translate/words.ts'
import { type Joined, joinParts, nothingJoined, paragraph, textOfMessage } from './bridge-text.ts'

/** What the agent says it used. Whole numbers, in tokens. */
export interface ToldUsage {
  readonly input: number
  readonly output: number
  readonly total: number
}

/** Those of a task that are told apart; as many as a task keeps (`fold.ts`). */
const artifacts_max = 1000

export class Telling {
  readonly #artifacts = new BoundedMap<string, Joined>({ max: artifacts_max })
  readonly #later: boolean
  #begun = false
  /** It answered with a message. */
  #answered = false
  /** The artifact that was told last. */
  #current: string | null = null
  /** What the state says that the task has now, where that state is no working one. */
  #lastWords = ''
  /** What was said beside the work. */
  #aside = ''
  #text = ''
  #contextId: string | null = null
  #taskId: string | null = null
  #state: TaskState | null = null
  #usage: ToldUsage | null = null

  /**
   * `later` says that a stream goes on with a task that was begun before: it opens with the task as it stood, of which the
   * caller has heard.
   */
  constructor(later: boolean) {
    this.#later = later
  }

  /** Whether the agent said anything that is an answer. */
  get heard(): boolean {
    return this.#begun
  }

  get text(): string {
    return this.#text
  }

  get contextId(): string | null {
    return this.#contextId
  }

  get taskId(): string | null {
    return this.#taskId
  }

  /** Null where the agent answered without a task. */
  get state(): TaskState | null {
    return this.#state
  }

  /** A message is the whole answer; before any state is known the agent works. */
  get phase(): TaskPhase {
    if (this.#answered) return 'terminal'
    return this.#state === null ? 'open' : phaseOf(this.#state)
  }

  /** What the agent reports; null where it reports nothing, which is not zero. */
  get usage(): ToldUsage | null {
    return this.#usage
  }

  /** The words with which the agent failed, refused or was stopped; null where it did not. */
  get failure(): string | null {
    const what = this.#state === null ? undefined : failures[this.#state]
    return what === undefined ? null : this.#lastWords === '' ? what : this.#lastWords
  }

  /** Hears an answer or event of A2A 1.0; returns what it adds to the text. */
  hear(event: JsonObject): string {
    const [wrapper, inner] = unwrap(event) ?? []
    if (wrapper === undefined || inner === undefined) return ''
    const isFirst = !this.#begun
    this.#begun = true
    const task = textOf(inner[wrapper === 'task' ? 'id' : 'taskId'])
    this.#taskId = task ?? this.#taskId
    this.#contextId = textOf(inner['contextId']) ?? this.#contextId
    this.#usage = usageIn(inner) ?? this.#usage
    return this.#hearers[wrapper](inner, isFirst)
  }

  /** What is left to say when nothing more comes. */
  finish(): string {
    if (this.failure !== null) return ''
    // Some agents say all they say in the status of a task they work on.
    const words = this.#lastWords === '' && this.#text === '' ? this.#aside : this.#lastWords
    return this.#text.trimEnd().endsWith(words.trimEnd()) ? '' : this.#add(words)
  }

  readonly #hearers: Readonly<Record<Wrapper, (inner: JsonObject, isFirst: boolean) => string>> = {
    message: (message) => {
      this.#answered = true
      return this.#add(textOfMessage(message))
    },
    task: (task, isFirst) => {
      this.#hearStatus(task['status'])
      const isKnown = isFirst && this.#later && this.phase !== 'terminal'
      return objectsOf(task['artifacts'])
        .map((artifact) => (isKnown ? this.#know(artifact) : this.#tell(artifact, false)))
        .join('')
    },
    statusUpdate: (update) => {
      this.#hearStatus(update['status'])
      return ''
    },
    artifactUpdate: ({ artifact, append }) => (isJsonObject(artifact) ? this.#tell(artifact, append === true) : ''),
  }

  #hearStatus(status: unknown): void {
    if (!isJsonObject(status)) return
    this.#state = stateTo10(textOf(status['state']) ?? '')
    const words = textOfMessage(status['message'])
    if (phaseOf(this.#state) !== 'open') this.#lastWords = words
    else if (words !== '') this.#aside = words
  }

  #know(artifact: JsonObject): string {
    const { text, last } = joinParts(nothingJoined, objectsOf(artifact['parts']))
    this.#artifacts.set(idOf(artifact), { text, last })
    return ''
  }

  #tell(artifact: JsonObject, append: boolean): string {
    const id = idOf(artifact)
    const before = this.#artifacts.get(id)
    const start = append && before ? before : nothingJoined
    const { text, last, added } = joinParts(start, objectsOf(artifact['parts']))
    this.#artifacts.set(id, { text, last })
    const goesOn = before !== undefined && (append || text.startsWith(before.text))
    const fresh = goesOn && !append ? text.slice(before.text.length) : added
    if (fresh === '') return ''
    const between = goesOn && this.#current === id ? '' : paragraph
    this.#current = id
    return this.#add(fresh, between)
  }

  #add(text: string, between = paragraph): string {
    const added = text === '' || this.#text === '' ? text : between + text
    this.#text += added
    return added
  }
}

function idOf(artifact: JsonObject): string {
  return textOf(artifact['artifactId']) ?? ''
}

/** States in which there is no answer, and what is said where the agent says nothing. */
const failures: Readonly<Partial<Record<TaskState, string>>> = {
  TASK_STATE_FAILED: 'The agent failed',
  TASK_STATE_REJECTED: 'The agent does not take this on',
  TASK_STATE_CANCELED: 'The work of the agent was canceled',
}

/** Where agents and their frameworks report it: the drivers write the first one. */
const usageNames = ['weir.dev/usage', 'usage'] as const
const inputNames = ['input_tokens', 'prompt_tokens', 'inputTokens'] as const
const outputNames = ['output_tokens', 'completion_tokens', 'outputTokens'] as const

function usageIn({ metadata, artifact, status }: JsonObject): ToldUsage | null {
  const [ofStatus, ofMessage] = isJsonObject(status) ? [status['metadata'], status['message']] : []
  const places = [
    metadata,
    ofStatus,
    isJsonObject(ofMessage) ? ofMessage['metadata'] : null,
    isJsonObject(artifact) ? artifact['metadata'] : null,
  ]
  for (const place of places) {
    if (!isJsonObject(place)) continue
    for (const name of usageNames) {
      const usage = isJsonObject(place[name]) ? readUsage(place[name]) : null
      if (usage) return usage
    }
  }
  return null
}

function readUsage(said: JsonObject): ToldUsage | null {
  const [input, output] = [countIn(said, inputNames), countIn(said, outputNames)]
  if (input === null || output === null) return null
  return { input, output, total: countIn(said, ['total_tokens', 'totalTokens']) ?? input + output }
}

function countIn(said: JsonObject, names: readonly string[]): number | null {
  for (const name of names) {
    const count = said[name]
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count
  }
  return null
}
