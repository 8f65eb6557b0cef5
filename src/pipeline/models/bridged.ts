/** Agents by the name of a model, which lets whoever speaks to models speak to them: `a2a/research`. */
import type { AgentId } from '../../domain/ids.ts'
import type { ModelCall } from '../../domain/call.ts'
import { agentOf } from '../serve.ts'

export const bridgePrefix = 'a2a/'

/** The agent that a call is for; null for one of a model. */
export function bridgedAgent({ dialect, model }: ModelCall): AgentId | null {
  const spoken = dialect === 'openai-chat' || dialect === 'openai-responses'
  return spoken && model.startsWith(bridgePrefix) ? agentOf(model.slice(bridgePrefix.length)) : null
}
