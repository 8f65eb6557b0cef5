/** Whatever an agent drops, rotates or invents, its calls stay in the run that caused them, at their depth. */
import { expect, test } from 'vitest'
import { type Carry, policyOpen, runLoop } from '../support/loop.ts'

/** The loop's agents take turns, so the lap says whose token it is. */
const firstTokens = new Map<number, string>()

const carries: Readonly<Record<string, Carry>> = {
  'drops every header': () => ({}),
  'drops the delivery token on every second hop': (received, lap) =>
    lap % 2 === 0 ? {} : { 'txn-token': String(received['txn-token']) },
  'invents a run id': (_received, lap) => ({ 'weir-run-id': `run_${String(lap).padStart(32, '0')}` }),
  'rotates trace and session headers': (_received, lap) => ({
    traceparent: `00-${String(lap).padStart(32, '1')}-${'2'.repeat(16)}-01`,
    'x-litellm-trace-id': `t${lap}`,
    'x-claude-code-session-id': `s${lap}`,
  }),
  'keeps presenting its first delivery token': (received, lap) => {
    const first = firstTokens.get(lap % 2) ?? String(received['txn-token'])
    firstTokens.set(lap % 2, first)
    return { 'txn-token': first }
  },
  'claims a depth of its own': (received) => ({ 'txn-token': String(received['txn-token']), 'weir-depth': '0' }),
}

test.each(Object.entries(carries))(
  'an agent that %s still reaches depth 5 in the one run and is halted',
  async (_what, carry) => {
    const { runs } = await runLoop({ policy: policyOpen, limits: { run: { depth_max: 5 } } }, carry)
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject({ state: 'halted', calls: 5, depth_max: 5, halt: { code: 'depth_exceeded' } })
    expect(runs[0]?.spent.cost_micros).toBe(50_000)
  },
)
