/** What a front answers by itself: nobody behind hears of it, and its record says so. */
import { nothingSpent } from '../../../domain/spend.ts'
import { sendWritten } from '../../../protocol/jsonrpc.ts'
import type { HeaderList } from '../../../protocol/http.ts'
import { elapsed_ms, leaveRecord } from '../../visit.ts'
import type { McpVisit } from '../threshold.ts'
import type { Guest } from './guest.ts'
import type { Answer } from './line.ts'

export function answerOwn({ received: { visit } }: Guest, answer: Answer, more: HeaderList = []): void {
  sendWritten(visit.reply, answer, more)
  recordOwn(visit, answer.body.length)
}

/** A request that was let through and cost nothing. */
export function recordOwn(visit: McpVisit, bytes_out: number): void {
  const outcome = { status: 'answered', fault: null, spent: nothingSpent, upstream_ms: 0, task: null } as const
  leaveRecord(visit, null, { ...outcome, bytes_in: visit.inbound.body.length, bytes_out, ms: elapsed_ms(visit) })
}
