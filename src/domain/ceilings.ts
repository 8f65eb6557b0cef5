/**
 * Budget ceilings of tokens. A token carries every ceiling that it counts on: those of the token it was exchanged for,
 * and at the end the one it was asked for with. So a restart needs nothing but the tokens and what was spent of each.
 */

/** What the holder of a token and everybody below it may spend together. Whole numbers >= 0; absent: no ceiling. */
export interface BudgetAmounts {
  readonly cost_micros?: number
  readonly tokens?: number
}

/** Such a ceiling, and the account it is counted on. */
export interface BudgetCeiling extends BudgetAmounts {
  /** `jti` of the token that carried it first. */
  readonly grant: string
}

/** The accounts a call counts on, as its entries in the ledger name them. */
export function grantsOf(budget: readonly BudgetCeiling[]): readonly string[] {
  return budget.map(({ grant }) => grant)
}

/** How many ceilings one token may carry, and one call may count on. */
export const ceilings_max = 4

/** The limits they are, by the names used in rules, metrics and records. */
export const ceilingRules = ['token.tokens', 'token.cost_micros'] as const

/** Every ceiling of all lists once, in the order in which they come. */
export function joinCeilings(...lists: readonly (readonly BudgetCeiling[])[]): readonly BudgetCeiling[] {
  const [first = [], ...others] = lists.filter((list) => list.length > 0)
  if (others.every((list) => list === first)) return first
  const joined = new Map(first.map((ceiling) => [ceiling.grant, ceiling]))
  for (const ceiling of others.flat()) if (!joined.has(ceiling.grant)) joined.set(ceiling.grant, ceiling)
  return [...joined.values()]
}
