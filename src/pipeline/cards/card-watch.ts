/**
 * Holds agents to their word. The first card of an agent is pinned, and so is every later one that says the same of what
 * matters; one that says something else puts the agent into quarantine until an operator approves it, because the people
 * who trusted it trusted what it said then. A card that cannot be fetched changes nothing.
 *
 *     fetch -> [signature acceptable?] -> [digest as configured?] -> first: pin | same: pin | changed: pending, alert
 */
import type { Clock } from '../../base/clock.ts'
import type { AgentSettings, Settings } from '../../config/settings.ts'
import { type AgentId, slugOf } from '../../domain/ids.ts'
import type { CardEntry } from '../../domain/record-definitions.ts'
import { type Denial, deny } from '../../domain/verdict.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Alerts } from '../../observe/alerts.ts'
import type { Log } from '../../observe/log.ts'
import type { Outside } from '../../relay/wire/outside.ts'
import { changesBetween, type SeenCard } from './card-change.ts'
import { type KeptCards, nothingKept, readKept, writeKept } from './card-file.ts'
import { askFor, type CardTools, fetchCard, type FetchedCard } from './fetch-card.ts'

export interface CardWatchParts extends CardTools {
  readonly outside: Outside
  readonly clock: Clock
  readonly log: Log
  readonly stateDir: string
  readonly ledger: Pick<Ledger, 'append'>
}

/** How an agent stands with its card. */
export interface CardStanding extends KeptCards {
  /** Why calls to it are refused; null where they are not. */
  readonly quarantined: string | null
  /** Whether approving lets it go on; where it does not, the configuration has to change. */
  readonly approvable: boolean
  /** Why the last fetch gave nothing; null after a good one. */
  readonly problem: string | null
  /** Milliseconds since the epoch; null before the first fetch. */
  readonly checkedAt: number | null
}

/** An operator's word for one card. */
export interface CardApproval {
  readonly digest: string
  readonly reason: string
  readonly actor: string
}

interface Change {
  readonly before: SeenCard | null
  readonly after: SeenCard
  readonly changes: readonly string[]
  readonly reason?: string
  readonly actor?: string
}

interface Row {
  settings: AgentSettings
  standing: CardStanding
  /** Ready to return, for the road asks on every call. */
  denial: Denial | null
  dueAt: number
  busy: boolean
  saving: Promise<unknown>
}

/** After a fetch that gave nothing. */
const retry_ms = 30_000
/** Cards that are fetched at once. */
const fetches_max = 4

export class CardWatch {
  readonly #parts: CardWatchParts
  readonly #rows = new Map<AgentId, Row>()
  /** Facets by their name, to the agent they are a part of. */
  #wholes: ReadonlyMap<AgentId, AgentId> = new Map()
  #alerts: Pick<Alerts, 'send'> | null = null
  #busy = 0
  #closed = false

  constructor(parts: CardWatchParts) {
    this.#parts = parts
  }

  /** Takes a configuration into use. What is remembered of new agents is read first, so that a quarantine outlives a restart. */
  async use({ agents, gateway }: Settings, alerts: Pick<Alerts, 'send'>): Promise<void> {
    this.#alerts = alerts
    this.#parts.outside.allow(gateway.outside.allow)
    const watched = [...agents.values()].filter((agent) => agent.facet_of === null && askFor(agent) !== null)
    const kept = await Promise.all(watched.map((agent) => this.#keptOf(agent)))
    const ids = new Set(watched.map(({ id }) => id))
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id)
    for (const [index, settings] of watched.entries()) this.#follow(settings, kept[index] ?? null)
    this.#wholes = new Map([...agents.values()].flatMap(({ id, facet_of }) => (facet_of ? [[id, facet_of]] : [])))
  }

  /** Why a call to the agent must be refused; null where nothing is known against it. */
  quarantineOf(agent: AgentId): Denial | null {
    return this.#rows.get(this.#wholes.get(agent) ?? agent)?.denial ?? null
  }

  /** Null for an agent whose card nobody asks for. */
  standingOf(agent: AgentId): CardStanding | null {
    return this.#rows.get(this.#wholes.get(agent) ?? agent)?.standing ?? null
  }

  /** Fetches what is due. To be called about once a second. */
  sweep(): void {
    const now = this.#parts.clock.monotonic()
    for (const [id, row] of this.#rows) {
      if (this.#busy >= fetches_max || this.#closed) return
      if (!row.busy && row.dueAt <= now) void this.check(id)
    }
  }

  /** Fetches the card of an agent now. Never rejects. */
  async check(agent: AgentId): Promise<void> {
    const row = this.#rows.get(agent)
    const asked = row?.settings ?? null
    const ask = asked && askFor(asked)
    if (!row || !ask || row.busy) return
    row.busy = true
    this.#busy += 1
    const { clock, log } = this.#parts
    try {
      const fetched = await fetchCard(this.#parts, ask)
      const checkedAt = clock.now()
      // What was asked for by another configuration is asked for again.
      if (asked !== row.settings || this.#closed) return undefined
      if (fetched.kind === 'no_card') {
        if (row.standing.problem !== fetched.sentence)
          log.warn(`${agent}: ${fetched.sentence}; what was known of it stays`, { agent })
        return this.#stand(row, { ...row.standing, problem: fetched.sentence, checkedAt })
      }
      this.#take(row, fetched, checkedAt)
    } finally {
      const refresh_ms = (row.settings.card?.refresh_s ?? 0) * 1000
      const wait_ms = row.standing.problem === null ? refresh_ms : Math.min(refresh_ms, retry_ms)
      row.dueAt = asked === row.settings ? clock.monotonic() + wait_ms : 0
      row.busy = false
      this.#busy -= 1
    }
    await row.saving
    return undefined
  }

  /**
   * Pins the card that waits, from now on. Null where no card with that digest waits or approving is not enough; else a
   * promise for when it is on the disk, of null, or of why it would not outlive a restart.
   */
  approve(agent: AgentId, { digest, reason, actor }: CardApproval): Promise<string | null> | null {
    const row = this.#rows.get(this.#wholes.get(agent) ?? agent)
    const pending = row?.standing.pending
    if (!row || !pending || pending.card.digest !== digest || !row.standing.approvable) return null
    const { pinned, changes } = row.standing
    this.#stand(row, { ...row.standing, pinned: pending, pending: null, changes: [] })
    this.#record(row, 'approved', { before: pinned, after: pending, changes, reason, actor })
    this.#parts.log.warn(`the card of ${row.settings.id} was approved by ${actor}: ${reason}`, { digest, actor })
    return this.#save(row)
  }

  /** Fetches nothing more, and what is under way changes nothing more; waits until what is known is on the disk. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#rows.values()].map((row) => row.saving))
  }

  /** Null for an agent whose standing goes on: it is where it was. */
  async #keptOf({ id, url }: AgentSettings): Promise<KeptCards | null> {
    const known = this.#rows.get(id)
    if (known && originOf(known.settings.url) === originOf(url)) return null
    return await readKept(this.#parts.stateDir, id, originOf(url))
  }

  #follow(settings: AgentSettings, kept: KeptCards | null): void {
    const known = this.#rows.get(settings.id)
    const fresh: Row = {
      settings,
      standing: { ...nothingKept, quarantined: null, approvable: true, problem: null, checkedAt: null },
      denial: null,
      dueAt: 0,
      busy: false,
      saving: Promise.resolve(),
    }
    const row = known ?? fresh
    // Another card, or other demands on it, are looked at right away.
    if (JSON.stringify(row.settings.card) !== JSON.stringify(settings.card)) row.dueAt = 0
    row.settings = settings
    this.#rows.set(settings.id, row)
    this.#stand(row, { ...row.standing, ...kept })
  }

  #take(row: Row, { card, signature }: FetchedCard, now: number): void {
    const { standing, settings } = row
    const { pinned, pending } = standing
    const fresh = { card, signature, seenAt: now, verifiedAt: signature.state === 'verified' ? now : null }
    const seen: SeenCard = [pinned, pending].find((known) => known && isSame(known, fresh)) ?? fresh
    const changes = this.#againstOf(row, seen, signature.acceptable ? null : signature.problem)
    const looked = { ...standing, problem: null, checkedAt: now }
    // Whoever changed and changed back is asked about as well: for a while it was something else.
    const waits = changes.length > 0 || (pending !== null && settings.card?.digest !== card.digest)
    const mayGoOn = settings.card?.on_change === 'alert' && signature.acceptable && this.#asConfigured(row, seen)
    if (!waits || mayGoOn) {
      this.#stand(row, { ...looked, pinned: seen, pending: null, changes: [] })
      if (changes.length > 0) this.#tell(row, { before: pinned, after: seen, changes })
      else if (seen !== pinned) this.#record(row, 'pinned', { before: pinned, after: seen, changes })
    } else {
      const lines = changes.length > 0 ? changes : standing.changes
      this.#stand(row, { ...looked, pending: seen, changes: lines })
      if (pending?.card.digest !== card.digest && changes.length > 0)
        this.#tell(row, { before: pinned, after: seen, changes })
    }
    if (row.standing.pinned !== pinned || row.standing.pending !== pending) void this.#save(row)
  }

  /** What speaks against a card: that it is not vouched for, that it is not the configured one, that it differs. */
  #againstOf(row: Row, seen: SeenCard, problem: string | null): readonly string[] {
    const { pinned } = row.standing
    const against = [
      ...(problem === null ? [] : [`signature: ${problem}`]),
      ...(this.#asConfigured(row, seen) ? [] : ['it is not the card with the configured digest']),
    ]
    const wanted = row.settings.card?.digest ?? null
    // The digest in the configuration is the operator's word for this very card.
    if (pinned === null || (wanted !== null && wanted === seen.card.digest)) return against
    return [...against, ...changesBetween(pinned, seen)]
  }

  #asConfigured({ settings }: Row, { card }: SeenCard): boolean {
    const wanted = settings.card?.digest ?? null
    return wanted === null || wanted === card.digest
  }

  #stand(row: Row, standing: Omit<CardStanding, 'quarantined' | 'approvable'>): void {
    const { pending, pinned, changes } = standing
    const { card, id } = row.settings
    const unproved = card !== null && pinned === null && (card.signatures === 'required' || card.digest !== null)
    const why = pending ? changes.join('; ') : unproved ? 'no card of it was accepted yet' : null
    const approvable =
      pending === null ||
      (this.#asConfigured(row, pending) &&
        (pending.signature.state !== 'invalid' || card?.signatures === 'ignore') &&
        (pending.signature.state === 'verified' || card?.signatures !== 'required'))
    row.standing = { ...standing, quarantined: why, approvable }
    row.denial = why === null ? null : deny('agent_quarantined', `${id}: ${why}`, { rule: 'agents.card' })
  }

  #tell(row: Row, change: Change): void {
    const { clock, log } = this.#parts
    const { settings, standing } = row
    const { before, after, changes } = change
    const quarantined = standing.quarantined !== null
    this.#record(row, quarantined ? 'quarantined' : 'changed', change)
    const slug = slugOf(settings.id)
    const what = quarantined ? `Calls to it are refused until: weir agent approve ${slug}` : 'Calls to it go on'
    const sentence = `The card of ${settings.id} changed: ${changes.join('; ')}. ${what}.`
    log.warn(sentence, { agent: settings.id, quarantined })
    const digests = { before: before?.card.digest ?? null, after: after.card.digest }
    const facts = { agent: settings.id, changes, ...digests, quarantined }
    this.#alerts?.send({ kind: 'card_changed', at: clock.now(), sentence, ...facts })
  }

  #record({ settings: { id } }: Row, event: CardEntry['event'], change: Change): void {
    const { before, after, changes, reason = null, actor = null } = change
    const digests = { digest: after.card.digest, before: before?.card.digest ?? null }
    const words = { agent: id, event, ...digests, changes, reason, actor }
    if (!this.#parts.ledger.append({ v: 1, ts: this.#parts.clock.now(), kind: 'card', ...words }))
      this.#parts.log.error(`the ledger did not take what became of the card of ${id}`, { agent: id, event })
  }

  /** One write after the other, the last one with what stands then. */
  #save(row: Row): Promise<string | null> {
    const { stateDir, log } = this.#parts
    const saved = row.saving.then(async () => {
      const failed = await writeKept(stateDir, row.settings.id, row.standing)
      if (failed !== null) log.error(`the card of ${row.settings.id} would not outlive a restart: ${failed}`)
      return failed
    })
    row.saving = saved
    return saved
  }
}

/** The same words under the same signature: it stays what was pinned, with the time it was first seen and verified. */
function isSame(one: SeenCard, other: SeenCard): boolean {
  const [a, b] = [one.signature, other.signature]
  return one.card.digest === other.card.digest && a.state === b.state && a.kid === b.kid
}

function originOf(url: string | null): string {
  return url === null ? '' : new URL(url).origin
}
