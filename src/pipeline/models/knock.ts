/**
 * Who sent a request to a model, before what it says. A body may be as large as a book of pictures, and to read it takes the
 * one thread there is, so one that is larger than those of other requests is read only for somebody who may come in.
 */
import type { HopId } from '../../domain/ids.ts'
import type { Principal } from '../../domain/principal.ts'
import { type Denial, isDenial } from '../../domain/verdict.ts'
import type { Inbound } from '../../protocol/http.ts'
import type { ModelRoute } from '../../protocol/llm/contract.ts'
import {
  isMalformed,
  type ModelMalformed,
  type ModelReading,
  readModelCall,
  unread,
} from '../../protocol/llm/read-call.ts'
import { type Road, resourceOf } from '../road.ts'
import { bridgedAgent } from './bridged.ts'
import { resourceOfModels } from './model-road.ts'

export interface Knocked {
  readonly principal: Principal | Denial
  /** Why whoever sent it may not come in, known or not. */
  readonly denial: Denial | null
  /** The call, or what is said of a request that could not be read. Names no model where it was not read for whoever sent it. */
  readonly read: ModelReading | ModelMalformed
}

/** A token for the agent that is called as a model opens the door as well as one for models. */
export async function knock(
  { snapshot, revocations }: Road,
  inbound: Inbound,
  { id, route }: { readonly id: HopId; readonly route: ModelRoute },
): Promise<Knocked> {
  const { identity, settings } = snapshot
  let known: ModelReading | ModelMalformed | null = null
  const read = (): ModelReading | ModelMalformed =>
    (known ??= readModelCall(inbound, route, id, { media_tokens: settings.models.media_tokens_max }))
  if (inbound.body.length <= settings.maximums.body_bytes) read()
  const principal = await identity.authenticate(inbound, resourceOfModels(snapshot), () => {
    const call = read()
    const agent = isMalformed(call) ? null : bridgedAgent(call)
    return agent && resourceOf(snapshot, agent)
  })
  const denial = isDenial(principal) ? principal : revocations.epochs.refusalOf(principal)
  return { principal, denial, read: known ?? (denial ? unread(inbound, route, id) : read()) }
}
