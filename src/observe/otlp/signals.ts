/** What is exported, each to an address of its own. */
export const signals = ['traces', 'metrics', 'logs'] as const
export type Signal = (typeof signals)[number]
