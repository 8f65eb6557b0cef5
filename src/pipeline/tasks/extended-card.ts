/** GetExtendedAgentCard: the card of an agent as this caller may see it. */
import { isDenial } from '../../domain/verdict.ts'
import { cardOf } from '../discover.ts'
import { refuse } from '../refuse.ts'
import type { Visit } from '../visit.ts'
import { envelope } from '../../protocol/a2a/write-said.ts'
import { answer } from './answer.ts'
import type { Asking } from './serve-task.ts'

export async function showExtendedCard(visit: Visit, { target }: Asking): Promise<void> {
  const card = await cardOf(visit.snapshot, target)
  if (isDenial(card)) return await refuse(visit, card)
  answer(visit, envelope(Buffer.from(card.body), visit.call))
}
