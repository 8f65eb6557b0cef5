/** GetExtendedAgentCard: the card of an agent as this caller may see it. */
import { isDenial } from '../../domain/verdict.ts'
import { envelope } from '../../protocol/a2a/write-said.ts'
import { extendedCardOf } from '../cards/our-card.ts'
import { refuse } from '../refuse.ts'
import type { Visit } from '../visit.ts'
import { answer } from './answer.ts'
import type { Asking } from './asking.ts'

export async function showExtendedCard(visit: Visit, { target, principal }: Asking): Promise<void> {
  const card = await extendedCardOf(visit.road, target, principal)
  if (isDenial(card)) return await refuse(visit, card)
  answer(visit, envelope(Buffer.from(JSON.stringify(card)), visit.call))
}
