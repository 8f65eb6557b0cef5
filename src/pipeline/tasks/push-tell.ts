/** Telling webhooks what happens to a task. */
import type { AgentId } from '../../domain/ids.ts'
import { sayNeutral } from '../../protocol/a2a/neutral.ts'
import type { Said } from '../../protocol/a2a/said.ts'
import { writePushBody } from '../../protocol/a2a/write-said.ts'
import type { TaskSeen } from '../../relay/driver.ts'
import type { Road } from '../road.ts'
import { refusalOfTelling } from '../standing.ts'

/** Hands an event to those who want to hear of its task. Receivers of 0.3 know whole tasks and nothing else. */
export function notifyPush(road: Road, target: AgentId, { id }: TaskSeen, said: Said): void {
  const { push } = road.tasks
  const row = road.tasks.find(target, id)
  if (row === null || push.list(target, id).length === 0 || refusalOfTelling(road, row) !== null) return
  const task = road.relay.hub.find(target, id)?.log.task()
  const whole = task ? sayNeutral({ task }) : said
  void push.notify(target, id, road.nextEvent(), (version) => writePushBody(version === '0.3' ? whole : said, version))
}
