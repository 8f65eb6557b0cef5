/** A road on which an orchestrator may call an agent of somebody else and one that writes, with calls made by hand. */
import type { Approval } from '../../src/pipeline/approvals.ts'
import { decideApproval } from '../../src/pipeline/approve.ts'
import type { MemoryReply } from './reply.ts'
import { type Calling, outcomeOf, pave, type TestRoad } from './road.ts'

/** `partner` is somebody else's, `payer` writes, `reader` does neither. */
export const riskyAgents = {
  console: { groups: ['entrypoints'], may_start_runs: true },
  orchestrator: { url: 'http://127.0.0.1:9/', may_start_runs: true },
  critic: { url: 'http://127.0.0.1:9/', groups: ['subagents'] },
  partner: { url: 'http://127.0.0.1:9/', groups: ['subagents'], external: true },
  payer: { url: 'http://127.0.0.1:9/', groups: ['subagents'], effect: 'write' },
  reader: { url: 'http://127.0.0.1:9/', groups: ['subagents'], effect: 'read' },
}

/** A SendMessage request whose message says that. */
export function asking(parts: unknown, more: Readonly<Record<string, unknown>> = {}, messageId = 'm1'): string {
  const params = { message: { messageId, role: 'ROLE_USER', parts }, ...more }
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params })
}

export const pay = asking([{ data: { pay: { to: 'acme', cents: 4200 } } }])

export interface RiskyRoad extends TestRoad {
  /** Calls `to` from the orchestrator, which serves one call of the console; answered if it was let through. */
  tryCall(to: string, body?: string, calling?: Calling): Promise<MemoryReply>
  /** The target of the newest call answers. */
  answer(): void
  /** The only approval there is. */
  approval(): Approval
  grant(approval?: Approval): void
}

/** A run in which the orchestrator is being called; `tainted` if the partner has answered in it already. */
export async function riskyRoad(tainted: boolean, over: Readonly<Record<string, unknown>> = {}): Promise<RiskyRoad> {
  const trial = await pave({ agents: riskyAgents, ...over })
  await trial.call('console', 'orchestrator')
  const answer = (): void => {
    if (trial.sent.length > 1) trial.sent.pop()?.done(outcomeOf('answered'))
  }
  const road: RiskyRoad = Object.assign(trial, {
    answer,
    async tryCall(to: string, body?: string, calling: Calling = {}) {
      const reply = await trial.call('orchestrator', to, { ...(body === undefined ? {} : { body }), ...calling })
      if (reply.text === '') answer()
      return reply
    },
    approval() {
      const [approval, ...more] = trial.road.approvals.list()
      if (!approval || more.length > 0) throw new Error(`${more.length} approvals too many`)
      return approval
    },
    grant(approval?: Approval) {
      const decision = { state: 'granted', actor: 'ana', reason: 'checked', at: trial.clock.now() } as const
      const decided = decideApproval(trial.road, approval ?? road.approval(), decision)
      if (decided === null || decided === 'unrecorded') throw new Error('nothing to grant')
    },
  })
  if (tainted) await road.tryCall('partner')
  return road
}

/** The code of a refusal; `ok` for an answer. */
export function codeOf(reply: MemoryReply): string {
  return /\[weir:(\w+)\]/.exec(reply.text)?.[1] ?? 'ok'
}
