/** What is told of the ledger while it is written: events of topics, for the live stream of the admin listener and all who read it. */
import type { Millis } from '../base/clock.ts'
import type { Filterable } from './filter.ts'
import { filterableOfHop } from './filterable.ts'
import type { HopRow } from './story.ts'

export const liveTopics = [
  'runs',
  'hops',
  'denials',
  'limits',
  'halts',
  'approvals',
  'tools',
  'agents',
  'revocations',
  'health',
] as const
export type LiveTopic = (typeof liveTopics)[number]

/** What happens in every call is told only to those who ask for it by name. */
export const usualTopics: readonly LiveTopic[] = liveTopics.filter((topic) => topic !== 'hops')

interface LiveFacts {
  /** Number of the entry in the ledger. */
  readonly seq: number
  readonly at: Millis
  readonly topics: readonly LiveTopic[]
  /** Entries like it that were left out since the one before: of one run only so many are told. */
  readonly folded?: number
}

export type LiveEvent = LiveFacts &
  (
    | { readonly kind: 'call'; readonly row: HopRow }
    | {
        readonly kind: 'run' | 'approval' | 'tool' | 'card' | 'revocation' | 'boot' | 'run_now' | 'ledger'
        readonly row: Readonly<Record<string, unknown>>
      }
  )

/** Fields of the filter grammar that rows other than calls have by the same name. */
const shared = ['run', 'hop', 'agent', 'person', 'root', 'target', 'method', 'code'] as const

export function filterableOfEvent(event: LiveEvent): Filterable {
  if (event.kind === 'call') return filterableOfHop(event.row)
  const has: Partial<Record<(typeof shared)[number], string>> = {}
  for (const field of shared) {
    const value = event.row[field]
    if (typeof value === 'string') has[field] = value
  }
  return { ...has, kind: event.kind, at: event.at }
}
