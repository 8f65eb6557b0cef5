/** What is known of the task an agent works on, put together from what it says. */
import type { ModelUsage } from '../../domain/usage.ts'
import type { Said } from '../../protocol/a2a/said.ts'
import type { Known, TaskSeen } from '../driver.ts'

export type Memo = Partial<Pick<Known, 'task' | 'context'>>

export class Sight {
  #task: TaskSeen | null
  #memo: Memo | null = null
  /** What the driver says for operators alone, the newest. */
  detail: string | null = null
  /** What the driver says that models used, the newest. */
  usage: readonly ModelUsage[] = []

  /** `taskId` is that of a task the agent is asked about; null where it names one only in its answer. */
  constructor(taskId: string | null, contextId: string | null) {
    const nothing = { state: null, open: false, instance: null, memo: null }
    this.#task = taskId === null ? null : { id: taskId, contextId, ...nothing }
  }

  get task(): TaskSeen | null {
    return this.#task
  }

  /** What the driver wants to be remembered, also where no task is named yet. */
  get memo(): Memo | null {
    return this.#memo
  }

  /** Whoever may see one task may not therefore see another. */
  isOther({ seen: { taskId } }: Said): boolean {
    return taskId !== null && taskId !== this.#task?.id
  }

  /** What turned out to be somebody else's. */
  forget(): void {
    this.#task = null
    this.#memo = null
  }

  remember(memo: Memo): void {
    this.#memo = { ...this.#memo, ...memo }
  }

  see({ seen: { kind, taskId, contextId, state } }: Said, instance: string | null): void {
    const known = this.#task
    const id = taskId ?? known?.id ?? null
    if (id === null) return
    this.#task = {
      id,
      contextId: contextId ?? known?.contextId ?? null,
      state: state ?? known?.state ?? null,
      open: kind === 'open',
      instance: instance ?? known?.instance ?? null,
      memo: this.#memo ?? known?.memo ?? null,
    }
  }
}
