/** Opens a link in an era that the server speaks: that of the client where it can, the other one where it must. */
import { valueAtPath } from '../../base/json-edit.ts'
import { type Fault } from '../../domain/fault.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { Era } from '../../protocol/mcp/read-call.ts'
import { makeFault } from '../wire/transport.ts'
import type { Answered } from './ask-server.ts'
import type { Channel } from './channel.ts'
import type { ClosableLink } from './counted-link.ts'
import { openLegacyLink } from './legacy-link.ts'
import { openModernLink } from './modern-link.ts'
import { type Verdict, verdictOf, type Verdicts } from './probe.ts'
import type { LinkParts } from './shared.ts'

export interface Wanted {
  /** One for each try: servers on a line may leave when they are greeted in words they do not know. */
  open(): Channel
  readonly eras: Era | 'auto'
  readonly era: Era
  readonly open_ms: number
  readonly silence_ms: number
}

export async function openLink(
  parts: Omit<LinkParts, 'channel'>,
  wanted: Wanted,
  verdicts: Verdicts,
): Promise<ClosableLink | Fault | Denial> {
  const refused = new Map<Era, Verdict>()
  let last: Fault = makeFault('bad_answer', 'it speaks no era that it may be spoken to in', false)
  for (const era of tried(parts.server, wanted, verdicts)) {
    const channel = wanted.open()
    const { isLine } = channel
    const isGuess = isLine && era === 'modern' && verdicts.speaks(parts.server, era) !== true
    const open = era === 'modern' ? openModernLink : openLegacyLink
    const made = await open({ ...parts, channel }, isGuess ? wanted.silence_ms : wanted.open_ms)
    if ('about' in made) {
      verdicts.learn(parts.server, era, { speaks: true, isSure: true })
      // Only now: where nothing worked, nobody knows why.
      for (const [other, verdict] of refused) verdicts.learn(parts.server, other, verdict)
      return made
    }
    if (made.kind === 'denial') return made.denial
    last = faultOf(made)
    const verdict = verdictOf(made, era, isLine)
    if (verdict === null || verdict.speaks) return last
    refused.set(era, verdict)
  }
  return last
}

function tried(server: string, { eras, era }: Wanted, verdicts: Verdicts): readonly Era[] {
  if (eras !== 'auto') return [eras]
  const both: readonly Era[] = era === 'modern' ? ['modern', 'legacy'] : ['legacy', 'modern']
  const left = both.filter((each) => verdicts.speaks(server, each) !== false)
  return left.length === 0 ? both : left
}

function faultOf(answered: Answered): Fault {
  if (answered.kind === 'fault') return answered.fault
  const code = answered.kind === 'error' ? valueAtPath(answered.error, ['code'])?.toString() : null
  return makeFault('bad_answer', `it answered the greeting with error ${code ?? 'unknown'}`, true)
}
