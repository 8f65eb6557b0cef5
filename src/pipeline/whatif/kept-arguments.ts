/**
 * The arguments of recorded calls, read back from the vault where they can be trusted: kept in full, whole, and with the hash
 * that the record says. What was kept redacted is not what policy was asked about, so it is not used.
 */
import { type KeptState, keptOfCall } from '../../ledger/vault/kept.ts'
import type { PayloadReader } from '../../ledger/vault/payloads.ts'
import { readMessage } from '../../protocol/mcp/message.ts'
import type { ArgumentsLost, ArgumentsOf } from './recorded.ts'

export function keptArguments(vault: Pick<PayloadReader, 'of'>): ArgumentsOf {
  return (record) => {
    const { args_c: commitment, decision } = record
    if (!commitment) return lost(decision === 'deny' ? 'refused' : 'not_captured')
    const { level, truncated } = commitment
    if (level !== 'full') return lost(level)
    if (truncated) return lost('truncated')
    const { state, bytes } = keptOfCall(record, commitment, 'args', vault)
    return bytes ? argumentsIn(bytes) : lost(state as Exclude<KeptState, 'kept'>)
  }
}

function argumentsIn(body: Buffer): string | null | ArgumentsLost {
  const message = readMessage(body)
  return message.kind === 'message' && message.method === 'tools/call' ? message.args : lost('unread')
}

function lost(why: ArgumentsLost['lost']): ArgumentsLost {
  return { lost: why }
}
