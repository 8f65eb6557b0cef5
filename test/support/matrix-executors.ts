/** The play of the matrix as executors of both SDKs: each step printed in the words of its version. */
import { Artifact, Message, Task, TaskState, TaskStatus } from '@a2a-js/sdk'
import { AgentEvent, type AgentExecutor, type ExecutionEventBus } from '@a2a-js/sdk/server'
import type { Message as Message03, Part as Part03 } from 'a2a-sdk-03'
import type { AgentExecutor as Executor03, ExecutionEventBus as Bus03 } from 'a2a-sdk-03/server'
import { type Gates, type PlainPart, play, type State, type Step } from './matrix-script.ts'

interface Ids {
  readonly taskId: string
  readonly contextId: string
}

/** What a dialect must be able to print; the rest of an executor is the same for all. */
interface Printer<Bus> {
  step(step: Step, ids: Ids, bus: Bus): void
  finished(bus: Bus): void
}

interface Playing {
  readonly ids: Ids
  canceled: boolean
}

class Stage<Bus> {
  readonly #playing = new Map<string, Playing>()
  readonly #printer: Printer<Bus>
  readonly #gates: Gates

  constructor(printer: Printer<Bus>, gates: Gates) {
    this.#printer = printer
    this.#gates = gates
  }

  async run(heard: Parameters<typeof play>[0], ids: Ids, bus: Bus): Promise<void> {
    const playing: Playing = { ids, canceled: false }
    this.#playing.set(ids.taskId, playing)
    for await (const step of play(heard, this.#gates)) {
      // Whoever cancels sees `canceled` on another thread of execution than this one.
      if (playing.canceled) return
      this.#printer.step(step, ids, bus)
    }
    this.#printer.finished(bus)
  }

  cancel(taskId: string, bus: Bus): void {
    const playing = this.#playing.get(taskId)
    if (!playing) throw new Error('no such play')
    playing.canceled = true
    this.#printer.step({ state: 'canceled' }, playing.ids, bus)
    this.#printer.finished(bus)
  }
}

const timestamp = '2026-11-21T00:00:00.000Z'
const artifactId = 'a1'

const state10 = (state: State): string => `TASK_STATE_${state.toUpperCase().replaceAll('-', '_')}`

function part10(part: PlainPart): object {
  if ('bytes' in part) return { raw: part.bytes, mediaType: part.mediaType, filename: part.name }
  if ('url' in part) return { url: part.url, mediaType: part.mediaType, filename: part.name }
  return part
}

function plain10(part: Message['parts'][number]): PlainPart {
  const { content, mediaType, filename: name } = part
  if (content?.$case === 'raw') return { bytes: Buffer.from(content.value).toString('base64'), mediaType, name }
  if (content?.$case === 'url') return { url: content.value, mediaType, name }
  return content?.$case === 'text' ? { text: content.value } : { data: content?.value }
}

function message10(parts: readonly PlainPart[], ids: Ids): object {
  return { messageId: crypto.randomUUID(), role: 'ROLE_AGENT', parts: parts.map(part10), ...ids }
}

const printer10 = (opening: (ids: Ids) => Task): Printer<ExecutionEventBus> => ({
  finished: (bus) => bus.finished(),
  step(step, ids, bus) {
    if ('say' in step) bus.publish(AgentEvent.message(Message.fromJSON(message10(step.say, { ...ids, taskId: '' }))))
    else if ('task' in step) bus.publish(AgentEvent.task(opening(ids)))
    else if ('state' in step) {
      const message = step.text === undefined ? {} : { message: message10([{ text: step.text }], ids) }
      const status = TaskStatus.fromJSON({ state: state10(step.state), timestamp, ...message })
      bus.publish(AgentEvent.statusUpdate({ ...ids, status, metadata: undefined }))
    } else {
      const artifact = Artifact.fromJSON({ artifactId, parts: step.artifact.map(part10) })
      const { append, last } = step
      bus.publish(AgentEvent.artifactUpdate({ ...ids, artifact, append, lastChunk: last, metadata: undefined }))
    }
  },
})

export function executor10(gates: Gates): AgentExecutor {
  const openings = new Map<string, Task>()
  const opening = ({ taskId }: Ids): Task => openings.get(taskId) ?? Task.fromJSON({})
  const stage = new Stage(printer10(opening), gates)
  return {
    async execute({ taskId, contextId, userMessage, task }, bus) {
      const parts = userMessage.parts.map(plain10)
      const status = { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp }
      const fresh = { id: taskId, contextId, status, artifacts: [], history: [userMessage], metadata: undefined }
      openings.set(taskId, task ? { ...task, status } : fresh)
      await stage.run({ text: textOf(parts), parts, resumes: task !== undefined }, { taskId, contextId }, bus)
    },
    cancelTask: async (taskId, bus) => stage.cancel(taskId, bus),
  }
}

export function part03(part: PlainPart): Part03 {
  if ('text' in part) return { kind: 'text', text: part.text }
  const { mediaType: mimeType, name } = 'data' in part ? { mediaType: '', name: '' } : part
  if ('bytes' in part) return { kind: 'file', file: { bytes: part.bytes, mimeType, name } }
  if ('url' in part) return { kind: 'file', file: { uri: part.url, mimeType, name } }
  if (typeof part.data === 'object' && part.data !== null)
    return { kind: 'data', data: part.data as Record<string, unknown> }
  // The convention of the SDK for what has no data part in 0.3.
  return { kind: 'data', data: { value: part.data }, metadata: { data_part_compat: true } }
}

export function plain03(part: Part03): PlainPart {
  if (part.kind === 'text') return { text: part.text }
  if (part.kind === 'data') return { data: part.metadata?.['data_part_compat'] ? part.data['value'] : part.data }
  const { mimeType: mediaType = '', name = '' } = part.file
  return 'bytes' in part.file ? { bytes: part.file.bytes, mediaType, name } : { url: part.file.uri, mediaType, name }
}

function message03(parts: readonly PlainPart[], ids: Partial<Ids>): Message03 {
  return { kind: 'message', messageId: crypto.randomUUID(), role: 'agent', parts: parts.map(part03), ...ids }
}

const over = new Set<State>(['completed', 'failed', 'canceled', 'input-required'])

const printer03 = (opening: (ids: Ids) => readonly Message03[]): Printer<Bus03> => ({
  finished: (bus) => bus.finished(),
  step(step, { taskId, contextId }, bus) {
    const ids = { taskId, contextId }
    if ('say' in step) bus.publish(message03(step.say, { contextId }))
    else if ('task' in step) {
      const status = { state: step.task, timestamp }
      const history = [...opening(ids)]
      if (history.length > 0) bus.publish({ kind: 'task', id: taskId, contextId, status, history })
      else bus.publish({ kind: 'status-update', ...ids, status, final: false })
    } else if ('state' in step) {
      const message = step.text === undefined ? {} : { message: message03([{ text: step.text }], ids) }
      const status = { state: step.state, timestamp, ...message }
      bus.publish({ kind: 'status-update', ...ids, status, final: over.has(step.state) })
    } else {
      const artifact = { artifactId, parts: step.artifact.map(part03) }
      bus.publish({ kind: 'artifact-update', ...ids, artifact, append: step.append, lastChunk: step.last })
    }
  },
})

export function executor03(gates: Gates): Executor03 {
  /** The message that opens each task; nothing for one that goes on, whose state the SDK keeps. */
  const openings = new Map<string, readonly Message03[]>()
  const stage = new Stage<Bus03>(
    printer03(({ taskId }) => openings.get(taskId) ?? []),
    gates,
  )
  return {
    async execute({ taskId, contextId, userMessage, task }, bus) {
      const parts = userMessage.parts.map(plain03)
      openings.set(taskId, task ? [] : [userMessage])
      await stage.run({ text: textOf(parts), parts, resumes: task !== undefined }, { taskId, contextId }, bus)
    },
    cancelTask: async (taskId, bus) => stage.cancel(taskId, bus),
  }
}

export function textOf(parts: readonly PlainPart[]): string {
  const [first] = parts
  return first && 'text' in first ? first.text : ''
}
