import type { PolicyAsked } from '../../../src/domain/policy-asked.ts'

/** A question that policy answered; by default about an agent that calls another. */
export function asked(facts: Partial<PolicyAsked> = {}): PolicyAsked {
  const run = { run_state: 'active', budget_left_micros: 980_000, tokens_left: null, calls: 4, laps: 0 } as const
  const caller = { env: 'dev', taint: 'none', approved: false, max_tokens: null, streaming: null } as const
  return { action: 'invoke', ...run, ...caller, ...facts }
}
