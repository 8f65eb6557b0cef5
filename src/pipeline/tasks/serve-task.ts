/**
 * The road of what concerns work that was started before: who asks, may it ask this agent at all, is the task its own,
 * then the one thing that was asked. Nothing here starts work, so nothing is reserved and no run grows.
 *
 *     read -> authenticate -> place -> may it -> whose task -> ask the agent or answer from the table -> record
 */
import { isHopOperation, type TaskOperation } from '../../domain/call.ts'
import { assert } from '../../base/assert.ts'
import { isBound, type Principal } from '../../domain/principal.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import { decide } from '../../policy/decide.ts'
import { enterRun } from '../enter.ts'
import { neutral, refuse } from '../refuse.ts'
import { type AgentEntry, serverOf } from '../road.ts'
import { refusalOfPlace } from '../standing.ts'
import { partyOf, type Visit } from '../visit.ts'
import { askedOfAgent, effectiveAuthority, nowhere, withinAuthority } from '../within-authority.ts'
import type { Asking } from './asking.ts'
import { cancel } from './cancel.ts'
import { showExtendedCard } from './extended-card.ts'
import { getTask } from './get.ts'
import { listTasks } from './list.ts'
import { createPush, deletePush, getPush, listPush } from './push.ts'
import { subscribe } from './subscribe.ts'

type Answer = (visit: Visit, asking: Asking) => void | Promise<void>

const answers: Readonly<Record<TaskOperation, Answer>> = {
  get: getTask,
  list: listTasks,
  cancel,
  subscribe,
  push_create: createPush,
  push_get: getPush,
  push_list: listPush,
  push_delete: deletePush,
  card: showExtendedCard,
}

/** Never rejects but for a Bug. */
export async function serveTask(visit: Visit, principal: Principal): Promise<void> {
  const { road, call, snapshot, inbound } = visit
  const { operation } = call
  assert(!isHopOperation(operation), 'what starts work goes down the other road')
  const entry = enterRun(road.runs, principal, inbound.headers)
  const place = isDenial(entry) ? nowhere : entry
  visit.authority = effectiveAuthority({ principal, entry: place })
  if (!isDenial(entry)) {
    visit.run = entry.run
    visit.origin = entry.run ? entry.origin : null
    visit.chain = entry.chain
    visit.delegation = entry.delegation
  }
  const target = call.target.kind === 'agent' ? snapshot.agents.get(call.target.id) : undefined
  if (!target?.driver) return await refuse(visit, deny('not_found', `${call.target.id} cannot be called`))
  const denial =
    refusalOfPlace(road, { principal, delegation: place.delegation }) ??
    withinAuthority({ principal, entry: place }, askedOfAgent(call), call.target) ??
    contained(visit, target) ??
    (await notAllowed(visit, principal)) ??
    quarantined(visit, target) ??
    tooOften(visit, principal)
  if (denial) return await refuse(visit, denial)
  await answers[operation](visit, { principal, party: partyOf(visit, principal), target })
}

/** Whoever may not invoke an agent under any circumstances learns nothing about its tasks either. */
async function notAllowed({ call, snapshot, authority }: Visit, { proof }: Principal): Promise<Denial | null> {
  const context = { ...neutral(proof.agent, snapshot), boundKey: isBound(proof), scopes: authority.scopes ?? [] }
  const request = { action: 'invoke', principal: proof.agent, resource: call.target, context } as const
  const verdict = await decide(snapshot.policy, request)
  return isDenial(verdict) ? verdict : null
}

/** Nothing comes from a contained agent either, by whatever name; what runs there may still be stopped. */
function contained({ road, call }: Visit, { settings }: AgentEntry): Denial | null {
  const agents = [settings.id, serverOf(settings)]
  const work = { agents, person: null, since: road.clock.now() }
  return call.operation === 'cancel' ? null : road.revocations.epochs.refusalOfWork(work)
}

/** Nothing of an agent that became another one is passed on; what runs there may still be stopped. */
function quarantined({ road, call }: Visit, { settings }: AgentEntry): Denial | null {
  return call.operation === 'cancel' ? null : road.cards.quarantineOf(settings.id)
}

function tooOften({ road }: Visit, { proof }: Principal): Denial | null {
  const wait_ms = road.limits.takeAsk(proof.agent, road.clock.now())
  if (wait_ms === 0) return null
  return deny('rate_limited', `${proof.agent} asks too often`, {
    rule: 'agent.invokes_per_minute',
    retryAfter_ms: wait_ms,
  })
}
