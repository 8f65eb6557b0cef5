/**
 * The error catalogue: a designed API. The status decides whether the caller's SDK obeys or retries, the
 * sentence decides whether the model behind it recovers. One row per code; faces, docs, metric labels and
 * tests derive from this table. Sources: measurements of SDK retry behaviour recorded in docs/decisions.
 */

export type DenialCode = keyof typeof denials

/** What is always true of one kind of refusal. */
export interface DenialRow {
  /** HTTP status on REST-shaped and model-shaped routes. */
  readonly http: number
  /** JSON-RPC error code, 1000 + the status a client may act on; 0 where the refusal is an HTTP answer. */
  readonly jsonrpc: number
  /** When a retry of the same call can succeed. */
  readonly retry: 'never' | 'after_refresh' | 'after_step_up' | 'after_approval' | 'after_wait'
  /** Whether this refusal is a breach: it halts the run and alerts, if the limit's mode is enforce. */
  readonly halts: boolean
  /** The fixed sentence about what happened; `{limit}` is replaced by the limit that was reached. */
  readonly sentence: string
  /** The fixed sentence about what the caller should do. */
  readonly advice: string
  /** For operators and the docs page. */
  readonly meaning: string
}

const never = { retry: 'never', halts: false } as const
const halting = { retry: 'never', halts: true } as const
const waiting = { retry: 'after_wait', halts: false } as const
const finish = 'Do not retry; return your partial result to your caller'

export const denials = {
  unauthenticated: {
    http: 401,
    jsonrpc: 0,
    retry: 'after_refresh',
    halts: false,
    sentence: 'The caller could not be identified',
    advice: 'Send one valid Authorization: Bearer credential issued for this gateway',
    meaning: 'No credential, or one that failed verification.',
  },
  token_expired: {
    http: 401,
    jsonrpc: 0,
    retry: 'after_refresh',
    halts: false,
    sentence: 'The token has expired',
    advice: 'Obtain a fresh token and retry once',
    meaning: 'A token that verified but is past its lifetime.',
  },
  scope_missing: {
    http: 403,
    jsonrpc: 1403,
    retry: 'after_step_up',
    halts: false,
    sentence: 'The token lacks a scope this call needs',
    advice: 'Obtain a token with the scope named in WWW-Authenticate',
    meaning: 'Step-up can help; used only when it can.',
  },
  policy_denied: {
    http: 403,
    jsonrpc: 1403,
    ...never,
    sentence: 'This call is not allowed by policy',
    advice: finish,
    meaning: 'No policy permits this edge, a policy forbids it, or a policy could not be evaluated.',
  },
  approval_required: {
    http: 403,
    jsonrpc: 1403,
    retry: 'after_approval',
    halts: false,
    sentence: 'This call waits for the approval of a person',
    advice: 'Do not change it; tell your caller, and send it again once the approval is granted',
    meaning: 'Policy allows this call only with an approval, which lets exactly this call through, once.',
  },
  connect_required: {
    http: 403,
    jsonrpc: 1403,
    retry: 'after_approval',
    halts: false,
    sentence: 'A person has to connect to this tool server first',
    advice: 'Show your caller the link, and send the call again once they have connected',
    meaning: 'The tool server takes calls only with a token of the person they are made for, and Weir holds none.',
  },
  not_found: {
    http: 404,
    jsonrpc: 1404,
    ...never,
    sentence: 'There is nothing here by that name for you',
    advice: 'Check the name; do not retry unchanged',
    meaning: 'The target does not exist, or this caller may not see it; both answer alike.',
  },
  run_context_required: {
    http: 403,
    jsonrpc: 1403,
    ...never,
    sentence: 'This call belongs to no run that could be established',
    advice: 'Forward the Txn-Token header you received with the call you are serving',
    meaning: 'The caller may not start runs, or several of its invocations are open and none was named.',
  },
  depth_exceeded: {
    http: 403,
    jsonrpc: 1403,
    ...halting,
    sentence: 'The delegation depth limit of this run is reached',
    advice: 'Finish the task yourself or return what you have; do not retry',
    meaning: 'One more hop would be deeper than depth_max.',
  },
  loop_detected: {
    http: 403,
    jsonrpc: 1403,
    ...halting,
    sentence: 'The target is already waiting for you in this run',
    advice: 'Return an answer or an error to it instead of calling it; do not retry',
    meaning: 'The call closes a cycle for more laps than laps_max allows.',
  },
  run_halted: {
    http: 403,
    jsonrpc: 1403,
    ...never,
    sentence: 'This run was halted',
    advice: 'Stop calling tools and agents; reply with a short final message',
    meaning: 'A breach or an operator halted the run; it admits nothing more.',
  },
  agent_contained: {
    http: 403,
    jsonrpc: 1403,
    ...never,
    sentence: 'The calling or called agent is contained',
    advice: finish,
    meaning: 'An operator contained the agent: nothing from it or to it is admitted.',
  },
  agent_quarantined: {
    http: 403,
    jsonrpc: 1403,
    ...never,
    sentence: 'The called agent is in quarantine because its card has changed',
    advice: 'Continue without it; do not retry until an operator has approved it',
    meaning: 'Its card says other skills, security or addresses than before, or its signature does not hold.',
  },
  tool_definition_changed: {
    http: 403,
    jsonrpc: 1403,
    ...never,
    sentence: 'The definition of this tool is not the one that was approved',
    advice: 'Continue without it; do not retry until an operator has approved it',
    meaning: 'Its server describes the tool in other words, or with another schema, than the approved ones.',
  },
  calls_exceeded: {
    http: 403,
    jsonrpc: 1403,
    ...halting,
    sentence: 'The number of calls allowed in this run is reached',
    advice: finish,
    meaning: 'One more hop would exceed calls_max of the run.',
  },
  fan_out_exceeded: {
    http: 403,
    jsonrpc: 1403,
    ...never,
    sentence: 'This hop has already made as many calls as it may',
    advice: 'Work with the answers you have; do not retry',
    meaning: 'One more child would exceed fan_out_max of its parent hop.',
  },
  run_time_exceeded: {
    http: 403,
    jsonrpc: 1403,
    ...halting,
    sentence: 'The time allowed for this run is over',
    advice: 'Reply with what you have; do not retry',
    meaning: 'The run is older than wall_clock_ms, or it ended because nothing happened in it for a minute.',
  },
  run_budget_exhausted: {
    http: 402,
    jsonrpc: 1402,
    ...halting,
    sentence: 'The budget of this run does not cover another call',
    advice: 'Reply with what you have; a retry in this run cannot succeed',
    meaning: 'Reserved plus spent would exceed the run budget for tokens or cost.',
  },
  budget_exhausted: {
    http: 402,
    jsonrpc: 1402,
    ...never,
    sentence: 'The budget of this agent, its team or its token does not cover another call',
    advice: 'Reply with what you have; retry only after the budget resets, which that of a token never does',
    meaning:
      'Reserved plus spent would exceed the period budget of the agent or its team, or the ceiling of a token behind the call.',
  },
  price_unknown: {
    http: 403,
    jsonrpc: 1403,
    ...never,
    sentence: 'The price of this model is not known, and a budget for cost applies to this call',
    advice: 'Use another model; do not retry until an operator has set its price',
    meaning:
      'A budget cannot hold for what nobody can price. Set a price in the configuration, or models.unknown_price.',
  },
  budget_held: {
    http: 429,
    jsonrpc: 1429,
    ...waiting,
    sentence: 'What is left of a budget is held by calls that are under way',
    advice: 'Wait for one to finish, then retry once',
    meaning: 'Calls of models reserve the most they may cost and give back the rest; it would fit once they have.',
  },
  rate_limited: {
    http: 429,
    jsonrpc: 1429,
    ...waiting,
    sentence: 'This agent calls more often than it may',
    advice: 'Wait for retry_after_ms, then retry once',
    meaning: 'The invoke rate of the calling agent is used up for the moment.',
  },
  concurrency_limited: {
    http: 429,
    jsonrpc: 1429,
    ...waiting,
    sentence: 'Too many calls are under way at once',
    advice: 'Wait for one to finish, then retry once',
    meaning: 'The agent or the run holds as many open calls as it may, or the tool has as many as it takes.',
  },
  child_timeout: {
    http: 403,
    jsonrpc: 1504,
    ...never,
    sentence: 'The target did not answer in time and was cancelled',
    advice: 'Continue without it; do not retry',
    meaning: 'Connect, first byte or idle timeout of an agent or tool.',
  },
  stalled: {
    http: 403,
    jsonrpc: 1504,
    ...never,
    sentence: 'The target made no progress and was cancelled',
    advice: 'Continue without it; do not retry',
    meaning: 'Bytes kept coming but no progress did for stall_ms.',
  },
  upstream_unavailable: {
    http: 502,
    jsonrpc: 1503,
    ...waiting,
    sentence: 'The target cannot be reached at the moment',
    advice: 'Continue without it or retry later',
    meaning: 'Connection refused or reset, or an answer that was no valid answer.',
  },
  reader_behind: {
    http: 503,
    jsonrpc: 1503,
    ...waiting,
    sentence: 'This reader of a stream fell too far behind',
    advice: 'Subscribe to the task again; it goes on without you',
    meaning: 'One of several readers of a task did not keep up with the others and lost its place in the log.',
  },
  busy: {
    http: 503,
    jsonrpc: 1503,
    ...waiting,
    sentence: 'The gateway is busy',
    advice: 'Retry after the time in Retry-After',
    meaning:
      'One of our own queues, tables or the record ring is full, or the target has as many calls open as it may; nothing was sent.',
  },
} as const satisfies Record<string, DenialRow>

export const denialCodes = Object.keys(denials) as readonly DenialCode[]

/** The longest wait a Retry-After may ask for: SDKs sleep through longer ones. Unit: milliseconds. */
export const retryAfterCeiling_ms = 30_000
