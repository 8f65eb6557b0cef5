/** Builds the proofs a test needs to send something; in the product only policy, limits and admission can. */
import { countingDice } from '../../src/base/dice.ts'
import { anything } from '../../src/domain/authority.ts'
import type { Call } from '../../src/domain/call.ts'
import { type AgentId, isAgentId } from '../../src/domain/ids.ts'
import { mintHopId, mintRunId } from '../../src/domain/mint-ids.ts'
import type { Run } from '../../src/domain/run.ts'
import { RunGraph } from '../../src/domain/run-graph.ts'
import { nothingSpent } from '../../src/domain/spend.ts'
import type { TaskRow } from '../../src/domain/task.ts'
import { type Claim, type Hop, issueClaim, issueHop, issueLease, issuePermit } from '../../src/domain/verdict.ts'
import { proofOf } from './principals.ts'

export const dice = countingDice()
const at = 1_800_000_000_000

export function agentId(text: string): AgentId {
  if (!isAgentId(text)) throw new Error(`${text} is no agent id`)
  return text
}

/** A call as it was read; the body is what `body` stringifies to unless it is a string. */
export function callOf(body: unknown, fields: Partial<Call> = {}): Call {
  return {
    id: mintHopId(dice),
    dialect: 'a2a-1.0-jsonrpc',
    operation: 'send',
    method: 'SendMessage',
    target: { kind: 'agent', id: agentId('agent:research') },
    rpcId: '1',
    taskId: null,
    contextId: null,
    referenceTaskIds: [],
    push: null,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    query: '',
    receivedAt: at,
    ...fields,
  }
}

/** A run that has just begun. */
export function freshRun(): Run {
  return {
    id: mintRunId(at, dice),
    root: agentId('agent:orchestrator'),
    person: null,
    startedAt: at,
    endsAt: at + 600_000,
    graph: new RunGraph(16),
    state: 'active',
    halt: null,
    calls: 0,
    open: 0,
    depthMax: 0,
    spent: nothingSpent,
    reserved: nothingSpent,
    left: nothingSpent,
    taint: 'none',
  }
}

/** A hop of the orchestrator for this call, as admission would have made it. */
export function hopOf(call: Call): Hop {
  const agent = agentId('agent:orchestrator')
  return issueHop({
    id: call.id,
    call,
    principal: {
      proof: proofOf(agent, null, { expiresAt: at }),
      delegation: null,
    },
    run: freshRun(),
    parent: null,
    depth: 1,
    depthMax: null,
    delegation: null,
    authority: anything,
    budget: [],
    chain: [agent, agentId('agent:research')],
    permit: issuePermit({ policies: [], policyHash: '' }),
    lease: issueLease({ reserved: nothingSpent, overruled: [], settle: () => {}, refund: () => {} }),
  })
}

/** The claim of the orchestrator to a task at research that is worked on. */
export function claimOf(taskId: string, more: Partial<TaskRow> = {}): Claim {
  const owner = { agent: agentId('agent:orchestrator'), person: null, run: mintRunId(at, dice) }
  const target = agentId('agent:research')
  const task: TaskRow = {
    target,
    taskId,
    contextId: 'c1',
    owner,
    hop: mintHopId(dice),
    chain: [owner.agent, target],
    instance: null,
    dialect: 'a2a-1.0-jsonrpc',
    state: 'TASK_STATE_WORKING',
    createdAt: at,
    updatedAt: at,
    memo: null,
    snapshot: null,
    ...more,
  }
  return issueClaim({ id: mintHopId(dice), task })
}
