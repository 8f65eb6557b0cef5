/**
 * Carries a call of `ask_<agent>`. It is a call to that agent on the road of A2A, which judges and records it under the id of
 * this request: nothing of that is done here a second time.
 */
import { valueAtPath } from '../../../base/json-edit.ts'
import type { HeaderList } from '../../../protocol/http.ts'
import { guarded, marked } from '../../settle.ts'
import { AgentTalk } from '../agents/agent-talk.ts'
import type { Meant } from '../behind.ts'
import { aboutTarget } from '../threshold.ts'
import { placeOf } from './address.ts'
import type { Carriage } from './carriage.ts'
import { FrontExchange } from './exchange.ts'
import type { Guest } from './guest.ts'

/** What the road of A2A tells its callers beside an answer: run and hop, what was decided and what is left. */
const marking: ReadonlySet<string> = new Set([
  'weir-run-id',
  'weir-hop-id',
  'weir-decision',
  'weir-run-budget',
  'ratelimit',
  'ratelimit-policy',
])
/** The first revision with links to resources. */
const firstLinks = 'mcp-2025-06-18'

export function carryAgent(guest: Guest, meant: Meant & { kind: 'agent' }, carriage: Carriage): void {
  const { received, road, address, warrant } = guest
  const { agent, asked, tool } = meant
  const visit = aboutTarget(received.visit, { kind: 'tool', id: `${placeOf(address)}/${tool}` })
  const { params, manner, logLevel } = carriage
  const token = params && valueAtPath(params, ['_meta', 'progressToken'])
  let marks: HeaderList = []
  const ask = {
    ...received,
    visit,
    agent,
    asked,
    manner: { tool, links: visit.call.dialect >= firstLinks },
    progressToken: token?.toString('utf8') ?? null,
    onHead: (headers: HeaderList) => void (marks = headers.filter(([name]) => marking.has(name))),
  }
  const exchange = new FrontExchange({
    call: visit.call,
    run: () => visit.run?.id ?? null,
    warrant,
    behind: { ask: (_warrant, _meant, _asking, hearer) => new AgentTalk(ask, hearer) },
    meant,
    asking: { method: visit.call.method, params, logLevel, mirrors: [], trace: null },
    line: carriage.lineOn(marked(visit.reply, () => marks)),
    manner,
    clock: road.clock,
    check: (result) => result,
    // The road of A2A watches over the call and taints its run.
    standing: () => null,
    onAnswer: () => undefined,
    settle: (_outcome, tell) => guarded(visit, () => void tell()),
  })
  carriage.start(exchange)
}
