/** The road of models: a visit of theirs, and the resource its tokens are for. */
import type { ModelCall } from '../../domain/call.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { PolicyContext } from '../../policy/world.ts'
import type { Entry } from '../enter.ts'
import type { Snapshot } from '../road.ts'
import type { Visit } from '../visit.ts'

export type ModelVisit = Visit<ModelCall>

/** Who sent a request, and where it stands. */
export interface ReceivedModel {
  readonly visit: ModelVisit
  readonly principal: Principal
  readonly entry: Entry | Denial
}

/** The path of models, and behind the public URL the audience of tokens for them (RFC 8707). */
export const modelsPath = '/v1'

export function resourceOfModels({ publicUrl }: Pick<Snapshot, 'publicUrl'>): string {
  return `${publicUrl}${modelsPath}`
}

/** The smallest question to a model there is: a policy that allows any use allows this one. */
export const smallestCall: Pick<PolicyContext, 'maxTokens' | 'streaming'> = { maxTokens: 1, streaming: false }
