/**
 * The arguments of recorded calls, read back from the vault where they can be trusted: kept in full, whole, and with the hash
 * that the record says. What was kept redacted is not what policy was asked about, so it is not used.
 */
import { isPseudonym } from '../../domain/ids.ts'
import { type KeptState, keptOf } from '../../ledger/vault/kept.ts'
import type { Payload } from '../../ledger/vault/payloads.ts'
import { readMessage } from '../../protocol/mcp/message.ts'
import type { ArgumentsLost, ArgumentsOf } from './recorded.ts'

/** As in `PayloadReader`. */
type Vault = { of(rid: string): readonly Payload[] }

/** Records come with persons by name, so a pseudonym stands for one that was erased. */
export function keptArguments(vault: Vault): ArgumentsOf {
  return (record) => {
    const { args_c: commitment, rid, human, decision } = record
    if (!commitment) return lost(decision === 'deny' ? 'refused' : 'not_captured')
    const { level, truncated } = commitment
    if (level !== 'full') return lost(level)
    if (truncated) return lost('truncated')
    const held = { part: 'args', payloads: vault.of(rid), erased: human !== null && isPseudonym(human) } as const
    const { state, bytes } = keptOf(commitment, held)
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
