/**
 * The calls that wait for a person. An approval is bound to everything about a call that matters: its run, caller,
 * person, target, method and arguments. It lets exactly one such call through and ends with its run.
 *
 *     ask -> pending --grant--> granted --take--> under way --use--> gone
 *                   \--refuse-> refused    ^         |
 *                                          +-giveBack+  it never left
 */
import { hash } from 'node:crypto'
import { canonicalJson } from '../base/jcs.ts'
import type { Millis } from '../base/clock.ts'
import { type ApprovalId, isApprovalId } from '../domain/approval.ts'
import { assert } from '../base/assert.ts'
import type { AgentId, HopId, PersonId } from '../domain/ids.ts'
import type { LiveRun } from '../limits/live-run.ts'

/** What is to be approved. */
export interface Wanted {
  readonly run: LiveRun
  readonly agent: AgentId
  readonly person: PersonId | null
  readonly target: string
  readonly method: string
  /** In canonical form. */
  readonly params: string
  /** The call that asks, and when. */
  readonly rid: HopId
  readonly at: Millis
  /** The policy that forbids it otherwise. */
  readonly rule: string | null
}

export interface Approval extends Omit<Wanted, 'params'> {
  readonly id: ApprovalId
  readonly state: 'pending' | 'granted' | 'refused'
  /** SHA-256 of the canonical arguments, base64url. */
  readonly args_hash: string
  /** The beginning of the arguments, for the person who decides; never in records, logs or alerts. */
  readonly preview: string
  /** Characters of the whole arguments. */
  readonly params_chars: number
  readonly by: string | null
  readonly reason: string | null
  readonly decidedAt: Millis | null
}

/** What an operator says about a pending approval. */
export interface Decision {
  readonly state: 'granted' | 'refused'
  readonly actor: string
  readonly reason: string
  readonly at: Millis
}

/** Nobody reads more of them, and one hijacked agent does not fill the table for all. */
const perRun_max = 16
const preview_chars = 4096

export class Approvals {
  readonly #max: number
  readonly #known = new Map<ApprovalId, Approval>()
  readonly #underWay = new Set<Approval>()

  /** `max` counts those under way as well: they may come back. */
  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#known.size + this.#underWay.size
  }

  /** The approval of this call, asked for now if that is new; null where the table has no room for it. */
  ask(wanted: Wanted): { readonly approval: Approval; readonly isNew: boolean } | null {
    const args_hash = hash('sha256', wanted.params, 'base64url')
    const id = idOf(wanted, args_hash)
    const known = this.#known.get(id)
    if (known) return { approval: known, isNew: false }
    if (this.size >= this.#max || this.#askedBy(wanted.run) >= perRun_max) return null
    const { params, ...bound } = wanted
    const shown = { preview: params.slice(0, preview_chars).toWellFormed(), params_chars: params.length }
    const open = { state: 'pending', by: null, reason: null, decidedAt: null } as const
    const approval: Approval = { ...bound, id, args_hash, ...shown, ...open }
    this.#known.set(id, approval)
    return { approval, isNew: true }
  }

  /** Undefined for one that was never asked for, was used, or whose run is over. */
  find(id: string): Approval | undefined {
    const known = isApprovalId(id) ? this.#known.get(id) : undefined
    return known?.run.state === 'active' ? known : undefined
  }

  /** Newest first. */
  list(): readonly Approval[] {
    return [...this.#known.values()].filter(({ run }) => run.state === 'active').toReversed()
  }

  /** Decides a pending approval, once. */
  decide({ id }: Approval, { state, actor, reason, at }: Decision): Approval | null {
    const known = this.find(id)
    if (known?.state !== 'pending') return null
    const decided: Approval = { ...known, state, by: actor, reason, decidedAt: at }
    this.#known.set(id, decided)
    return decided
  }

  /** Spends a granted approval on a call; false if another call was faster. `use` or `giveBack` has to follow. */
  take(approval: Approval): boolean {
    const { id, run } = approval
    if (this.#known.get(id) !== approval || approval.state !== 'granted' || run.state !== 'active') return false
    this.#known.delete(id)
    this.#underWay.add(approval)
    return true
  }

  /** The call may have reached its target. */
  use(approval: Approval): void {
    this.#underWay.delete(approval)
  }

  /** The call never left, so its approval is as good as before. */
  giveBack(approval: Approval): void {
    if (this.#underWay.delete(approval) && approval.run.state === 'active') this.#known.set(approval.id, approval)
  }

  /** Forgets approvals of runs that are over. To be called about once a second. */
  sweep(): void {
    for (const { id, run } of this.#known.values()) if (run.state !== 'active') this.#known.delete(id)
  }

  #askedBy(run: LiveRun): number {
    let count = 0
    for (const known of this.#known.values()) if (known.run === run) count += 1
    return count
  }
}

/** A retry of the same call finds its approval, and a call that differs in anything does not. */
function idOf({ run, agent, person, target, method }: Wanted, args_hash: string): ApprovalId {
  const bound = canonicalJson({ run: run.id, agent, person, target, method, args_hash })
  const id = `apr_${hash('sha256', bound).slice(0, 32)}`
  assert(isApprovalId(id), 'an approval has the id of one')
  return id
}
