/**
 * The one grammar with which operators narrow down what they look at: records, runs, the live stream. Here are its words
 * and its tree; `filter-read.ts` reads the text, `filter-match.ts` asks a row in memory, the index asks its tables.
 *
 *     agent:research target:tool:files/* decision:deny cost>0.50 since:2h -code:busy (depth>=5 or laps>0)
 */

/** What a word compares: texts and their beginnings, numbers, or a moment. */
export type FilterKind = 'text' | 'number' | 'dollars' | 'duration' | 'time'

/** Names of what can be asked about. Each row that is filtered says what it has for them; what it lacks fits nothing. */
export const filterFields = {
  run: { kind: 'text', help: 'id of the run' },
  hop: { kind: 'text', help: 'id of the call' },
  agent: { kind: 'text', help: 'who called: `research` or `agent:research`' },
  person: { kind: 'text', help: 'on whose behalf: `tomas` or `user:tomas`' },
  root: { kind: 'text', help: 'the agent that started the run' },
  target: { kind: 'text', help: 'what was called: `agent:writer`, `tool:files/read`, `model:openai/gpt-5.5`' },
  method: { kind: 'text', help: 'method of the protocol: `tools/call`' },
  kind: { kind: 'text', help: 'kind of the target (agent, tool, server, model) or of the entry' },
  decision: { kind: 'text', help: 'allow or deny' },
  code: { kind: 'text', help: 'code of the refusal' },
  rule: { kind: 'text', help: 'policy or limit that refused' },
  status: { kind: 'text', help: 'refused, answered, failed, aborted, halted; of a run: active, halted, ended' },
  depth: { kind: 'number', help: 'hops from the root' },
  laps: { kind: 'number', help: 'laps of its longest cycle' },
  tokens: { kind: 'number', help: 'tokens spent' },
  cost: { kind: 'dollars', help: 'dollars spent' },
  ms: { kind: 'duration', help: 'how long it took: `1500`, `2s`' },
  since: { kind: 'time', help: 'not before: `2h`, `7d`, `2026-11-28T02:00Z`' },
  until: { kind: 'time', help: 'before' },
} as const satisfies Readonly<Record<string, { readonly kind: FilterKind; readonly help: string }>>

export type FilterField = keyof typeof filterFields

/** `like` compares with a text in which `*` stands for anything; the others are exact. */
export type FilterTest = 'is' | 'like' | '<' | '<=' | '>' | '>='

/** Numbers are in base units: micro-dollars, milliseconds, milliseconds since the epoch; `since` and `until` are `>=` and `<`. */
export type Filter =
  | { readonly kind: 'test'; readonly field: FilterField; readonly test: FilterTest; readonly value: string | number }
  /** Empty: everything fits. */
  | { readonly kind: 'all'; readonly of: readonly Filter[] }
  | { readonly kind: 'any'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }

/** What a row has for the fields, in the same units; absent or null for what it lacks. */
export type Filterable = { readonly [Field in Exclude<FilterField, 'since' | 'until'>]?: string | number | null } & {
  /** For `since` and `until`: milliseconds since the epoch. */
  readonly at: number
}

export const everything: Filter = { kind: 'all', of: [] }
