/** What a gateway knows of tasks, opened at its start, and the tasks it goes on following. */
import type { Clock } from './base/clock.ts'
import type { Dice } from './base/dice.ts'
import { moduleUrl } from './base/module-url.ts'
import type { Settings } from './config/settings.ts'
import { type StartProblem, startProblem } from './gateway-parts.ts'
import { openSecret } from './identity/keys/secret-file.ts'
import type { Log } from './observe/log.ts'
import type { Road } from './pipeline/road.ts'
import { followForPush } from './pipeline/tasks/push-watch.ts'
import { endAllUnseen } from './pipeline/tasks/unseen.ts'
import type { Tasks } from './tasks/contract.ts'
import type { Outside } from './relay/wire/outside.ts'
import { openTasks } from './tasks/tasks.ts'

interface World {
  readonly clock: Clock
  readonly dice: Dice
  readonly log: Log
  readonly outside: Outside
}

/** Reads back every task, conversation and webhook that was kept. */
export async function openTasksIn(
  settings: Settings,
  { clock, dice, log, outside }: World,
): Promise<Tasks | StartProblem> {
  const { dir } = settings.state
  const secret = openSecret(dir, 'tasks', dice)
  if (!Buffer.isBuffer(secret)) return startProblem(70, secret.sentence)
  const tasks = await openTasks({
    dir,
    workerUrl: moduleUrl('./threads/tasks-worker.ts', import.meta.url),
    secret,
    maximums: settings.maximums,
    tasks_ttl_ms: settings.timeouts.tasks_ttl_ms,
    clock,
    dice,
    postOutside: (request) => outside.post(request),
    // Whoever registers a webhook was asked about its address before; this may not wait.
    judgeUrl: () => null,
  })
  if (tasks.kind === 'tasks_problem') return startProblem(75, tasks.sentence)
  for (const cut of tasks.cuts) log.warn(`tasks: ${cut}`)
  return tasks
}

/** Goes on following the tasks somebody wants to hear of, and tells of those that nobody can follow any more. */
export function followAgain(road: Road): void {
  endAllUnseen(road)
  for (const row of road.tasks.push.awaited()) void followForPush(road, row)
}
