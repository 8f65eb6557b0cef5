/** What the road does about a task a hop starts or goes on with: before all, it writes down whose it is. */
import type { Party, TaskRow } from '../../domain/task.ts'
import type { Hop } from '../../domain/verdict.ts'
import type { TaskSeen } from '../../relay/driver.ts'
import type { TaskWatch } from '../../relay/exchange.ts'
import { maySee } from '../../tasks/owner.ts'
import type { PushDraft } from '../../tasks/push/contract.ts'
import { type CallableEntry, type Papers, type Road, serverOf } from '../road.ts'
import { partyOf, type Visit } from '../visit.ts'
import { noteTask } from './book.ts'
import { inlinePush } from './push-draft.ts'
import { followForPush } from './push-watch.ts'
import { keepsNothing } from './unseen.ts'
import { letGo, see } from './watch-task.ts'

export function watchHop(owning: Owning, onAnswer: () => void): TaskWatch {
  const { visit, target: entry } = owning
  const { road } = visit
  const target = serverOf(entry.settings)
  const party = partyOf(visit, owning.hop.principal)
  // An agent that mixes its callers up is not believed.
  const isForeign = (taskId: string): boolean => {
    const known = road.tasks.find(target, taskId)
    return known !== null && !maySee(known, party)
  }
  return {
    onAnswer,
    own: (task) => !isForeign(task.id) && own(owning, party, task),
    isForeign,
    onContext: (contextId) => void road.tasks.contexts.tell(target, contextId, party),
    onSaid: (task, said) => see(road, target, task, said),
    onUnwatched(task, last) {
      letGo(road, entry, task, last)
      const row = task.open && !keepsNothing(entry) ? road.tasks.find(target, task.id) : null
      if (row && road.tasks.push.list(target, task.id).length > 0) void followForPush(road, row)
    },
  }
}

/** A hop that is about to learn of a task, and what went along with it. */
interface Owning {
  readonly visit: Visit
  readonly hop: Hop
  readonly target: CallableEntry
  readonly papers: Papers
}

function own({ visit, hop, target: entry, papers }: Owning, party: Party, task: TaskSeen): boolean | Promise<boolean> {
  const { road } = visit
  const target = serverOf(entry.settings)
  const { task: memo, context } = task.memo ?? {}
  const isTheirs = task.contextId !== null && road.tasks.contexts.tell(target, task.contextId, party)
  if (isTheirs && task.contextId !== null && context) road.tasks.contexts.remember(target, task.contextId, context)
  if (road.tasks.find(target, task.id)) {
    noteTask(road, target, task)
    return true
  }
  const now = road.clock.now()
  if (papers.delivery === null) road.papers.set(hop.id, { credential: papers.credential })
  const row: TaskRow = {
    target,
    taskId: task.id,
    contextId: task.contextId,
    owner: party,
    hop: hop.id,
    chain: hop.chain,
    instance: task.instance,
    dialect: entry.speaksA2a ? hop.call.dialect : null,
    state: task.state ?? 'TASK_STATE_UNSPECIFIED',
    createdAt: now,
    updatedAt: now,
    memo: memo ? JSON.stringify(memo) : null,
    snapshot: null,
  }
  return keep(road, row, inlinePush(hop.call))
}

/** A config that came with the call is kept before its caller hears of the task. */
async function keep(road: Road, row: TaskRow, draft: PushDraft | null): Promise<boolean> {
  if (!(await road.tasks.put(row))) return false
  if (!draft) return true
  const kept = await road.tasks.push.put(draft, row, row.owner)
  if ('kind' in kept) road.log.warn('a push notification config was not kept', { hop: row.hop, reason: kept.reason })
  return true
}
