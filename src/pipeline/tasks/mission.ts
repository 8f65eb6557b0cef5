/** What goes along with a question about a task: the papers of Weir, and what its driver remembers. */
import { readJsonObject } from '../../base/json.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { TaskRow } from '../../domain/task.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import { headersUpwards, traced } from '../../protocol/headers.ts'
import type { HeaderMap } from '../../protocol/http.ts'
import { traceInHeaders } from '../../protocol/run-context.ts'
import { traceTo } from '../../protocol/traceparent.ts'
import type { Errand, Known } from '../../relay/driver.ts'
import type { Road } from '../road.ts'

const noHeaders: HeaderMap = new Map()
const stands = (): null => null

/** Who asks, as far as that goes along. */
export interface Asker {
  readonly headers: HeaderMap
  readonly standing: () => Denial | null
}

/** Weir asking of its own accord. */
export const weirItself: Asker = { headers: noHeaders, standing: stands }

/**
 * A question about a task starts no work, so no delivery token goes with it. A target that takes only tokens exchanged
 * for one gets that of the call that started the task, while it is remembered.
 */
export async function errandFor(road: Road, row: TaskRow, asker: Asker): Promise<Errand | Denial> {
  const { standing } = asker
  const manner = road.snapshot.settings.agents.get(row.target)?.traceparent ?? 'pass'
  const headers = traced(headersUpwards(asker.headers), traceTo(traceInHeaders(asker.headers), null, manner))
  const papers = road.papers.get(row.hop)
  if (papers) return { ...papers, delivery: null, headers, standing }
  const mode = road.snapshot.settings.agents.get(row.target)?.credential.mode ?? 'none'
  if (mode === 'exchange' || mode === 'grant')
    return deny(
      'upstream_unavailable',
      `the token exchanged for ${row.target} ended with the last start of the gateway`,
    )
  const credential = await road.snapshot.outbound.credentialFor(row.target, '')
  if (isDenial(credential)) return credential
  return { delivery: null, credential: credential.headers, headers, standing }
}

export function knownOf(road: Road, row: TaskRow): Known {
  const { target, contextId, instance, memo } = row
  return {
    instance,
    task: memo === null ? null : readJsonObject(memo),
    context: contextId === null ? null : road.tasks.contexts.memo(target, contextId),
  }
}

/** What is remembered where a call goes on with a task or a conversation. */
export function knownFor(
  road: Road,
  target: AgentId,
  { taskId, contextId }: { readonly taskId: string | null; readonly contextId: string | null },
): Known {
  const row = taskId === null ? null : road.tasks.find(target, taskId)
  if (row) return knownOf(road, row)
  const context = contextId === null ? null : road.tasks.contexts.memo(target, contextId)
  return { instance: null, task: null, context }
}
