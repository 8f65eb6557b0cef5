/** Who sent a request to a model, and from which place in which run. */
import { isModelHop } from '../../domain/call.ts'
import { deny, isDenial } from '../../domain/verdict.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import { sendWritten } from '../../protocol/jsonrpc.ts'
import { writeModelDenial } from '../../protocol/llm/faces.ts'
import { isMalformed } from '../../protocol/llm/read-call.ts'
import type { ModelRoute } from '../../protocol/llm/contract.ts'
import type { HopId } from '../../domain/ids.ts'
import { idHeaders } from '../../protocol/run-headers.ts'
import { enterRun } from '../enter.ts'
import { refuse } from '../refuse.ts'
import type { Road } from '../road.ts'
import { openVisit } from '../visit.ts'
import { effectiveAuthority, nowhere } from '../within-authority.ts'
import type { Knocked } from './knock.ts'
import type { ReceivedModel } from './model-road.ts'

interface Arriving extends Knocked {
  readonly id: HopId
  readonly route: ModelRoute
}

/** Null where it was answered: nobody known sent it, or it says nothing that could be read. */
export async function receiveModel(
  road: Road,
  { inbound, reply }: { readonly inbound: Inbound; readonly reply: Reply },
  { id, route, principal, denial, read }: Arriving,
): Promise<ReceivedModel | null> {
  if (isMalformed(read)) {
    const call = { id, dialect: route.dialect, target: { kind: 'model', id: '' } } as const
    const answer = denial ? writeModelDenial(denial, { call, run: null, alternatives: null }) : read
    sendWritten(reply, answer, idHeaders({ hop: id, run: null, isOfModel: true }))
    return null
  }
  const visit = openVisit(road, inbound, read, reply)
  if (!isDenial(principal)) visit.principal = principal
  if (isDenial(principal) || denial) {
    await refuse(visit, denial ?? deny('unauthenticated', 'nobody is known to ask'))
    return null
  }
  const entry = enterRun(road.runs, principal, inbound.headers)
  visit.authority = effectiveAuthority({ principal, entry: isDenial(entry) ? nowhere : entry })
  if (!isDenial(entry)) {
    visit.run = entry.run
    visit.chain = entry.chain
    visit.delegation = entry.delegation
    if (isModelHop(read) || entry.run) visit.origin = entry.origin
    if (isModelHop(read)) {
      visit.parent = entry.parent
      visit.depth = entry.depth
    }
  }
  return { visit, principal, entry }
}
