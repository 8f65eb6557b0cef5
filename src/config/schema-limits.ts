/** The configuration table: how often, how deep, how many, how much, how long and how large. */
import { z } from 'zod'
import { isPersonName, numberFields, type NumberRow, personForm, text, whole } from './fields.ts'

export const limitModes = ['shadow', 'warn', 'enforce'] as const

const modeText =
  'shadow counts and records what would have been refused, warn also logs it, enforce refuses. Absent: limits.mode.'

const large = Number.MAX_SAFE_INTEGER

/** One row per limit: its smallest and largest maximum, its unit and its meaning. */
type LimitRow = readonly [min: number, max: number, unit: string, meaning: string]

const runRows = {
  depth_max: [1, 64, 'hops', 'Longest chain of agents, counted by Weir.'],
  laps_max: [0, 100_000, 'laps', 'How often a cycle may be closed; 0 refuses the call that closes it first.'],
  calls_max: [1, large, 'calls', 'Calls in the whole run.'],
  fan_out_max: [1, 100_000, 'calls', 'Calls made while serving one call.'],
  concurrency_max: [1, 100_000, 'calls', 'Calls under way at once.'],
  wall_clock_ms: [100, 604_800_000, 'ms', 'Time from the first call of the run until it is over.'],
  tokens_max: [1, large, 'tokens', 'Tokens the run may spend.'],
  cost_micros_max: [1, large, 'micro-dollars', 'Cost the run may cause.'],
} as const satisfies Record<string, LimitRow>

const agentRows = {
  invokes_per_minute: [1, 6_000_000, 'calls/min', 'Calls the agent may make in a minute.'],
  concurrency_max: [1, 100_000, 'calls', 'Calls the agent may have under way at once.'],
  tokens_per_day: [1, large, 'tokens/day', 'Tokens the agent may spend in a UTC day.'],
  cost_micros_per_day: [1, large, 'micro-dollars/day', 'Cost the agent may cause in a UTC day.'],
} as const satisfies Record<string, LimitRow>

const teamRows = {
  tokens_per_day: [1, large, 'tokens/day', 'Tokens the agents of a team may spend together in a UTC day.'],
  cost_micros_per_day: [1, large, 'micro-dollars/day', 'Cost the agents of a team may cause together in a UTC day.'],
} as const satisfies Record<string, LimitRow>

const personRows = {
  tokens_per_day: [1, large, 'tokens/day', 'Tokens that runs for one person may spend together in a UTC day.'],
  cost_micros_per_day: [
    1,
    large,
    'micro-dollars/day',
    'Cost that runs for one person may cause together in a UTC day.',
  ],
} as const satisfies Record<string, LimitRow>

/** Every limit by the name used in rules, metrics and records: `run.depth_max`. */
export const limitNames: readonly string[] = [
  ...Object.keys(runRows).map((name) => `run.${name}`),
  ...Object.keys(agentRows).map((name) => `agent.${name}`),
  ...Object.keys(teamRows).map((name) => `team.${name}`),
  ...Object.keys(personRows).map((name) => `person.${name}`),
]

function limit([min, max, unit, description]: LimitRow) {
  const bound = whole(min, max, { description, unit })
  return z
    .union([bound, z.strictObject({ max: bound, mode: z.enum(limitModes).optional().meta({ description: modeText }) })])
    .optional()
    .meta({ description, unit, form: `a whole number from ${min} to ${max}, or { max, mode }` })
}

type Limits<Rows> = { [Name in keyof Rows]: ReturnType<typeof limit> }

function limits<Rows extends Record<string, LimitRow>>(rows: Rows) {
  const shape = Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, limit(row)])) as Limits<Rows>
  return z.strictObject(shape)
}

const none = 'A limit that is not written does not exist.'

const runLimits = limits(runRows)
  .prefault({})
  .meta({ description: `Limits of one run. ${none}` })
export const agentLimits = limits(agentRows)
  .prefault({})
  .meta({ description: `Limits of each agent as a caller. ${none}` })
export const teamLimits = limits(teamRows)
  .prefault({})
  .meta({ description: `Limits of each team. ${none}` })

const personLimits = limits(personRows)
  .prefault({})
  .meta({ description: `Limits of each person whom runs are for, over all agents. ${none}` })
const people = z
  .record(text(isPersonName, { form: personForm, description: 'Name of a person.' }), limits(personRows))
  .default({})
  .meta({ description: 'Limits of single persons, by name: what is written here stands in place of limits.person.' })

export const limitsSection = z
  .strictObject({
    mode: z
      .enum(limitModes)
      .default('enforce')
      .meta({ description: 'What happens at a limit that names no mode of its own.' }),
    on_breach: z
      .enum(['halt', 'refuse'])
      .default('halt')
      .meta({ description: 'Whether a breach halts the whole run or refuses only the call.' }),
    run: runLimits,
    agent: agentLimits,
    team: teamLimits,
    person: personLimits,
    people,
  })
  .prefault({})
  .meta({ description: 'How often, how deep, how many at once and how much. Absent limits do not exist.' })

/** One row per timeout: smallest, default and largest value, and its meaning. All in milliseconds. */
type TimeoutRow = readonly [min: number, usual: number, max: number, meaning: string]

const timeoutRows = {
  connect_ms: [10, 3000, 60_000, 'Connecting to a target.'],
  first_byte_ms: [10, 30_000, 3_600_000, 'From the last byte sent to the first byte of the answer.'],
  idle_ms: [10, 120_000, 3_600_000, 'Silence on an open stream.'],
  stall_ms: [10, 45_000, 3_600_000, 'Bytes without progress on an open stream.'],
  body_ms: [10, 10_000, 600_000, 'Reading the body of a request.'],
  heartbeat_ms: [10, 4000, 60_000, 'Silence towards the caller after which a comment is sent.'],
  blocking_ms: [100, 300_000, 86_400_000, 'Waiting for the end of a task whose agent does not wait for it.'],
  drain_ms: [0, 30_000, 600_000, 'What open calls get to finish when Weir stops.'],
  tool_link_idle_ms: [
    1000,
    300_000,
    86_400_000,
    'How long a link to a tool server is kept over which nothing is asked.',
  ],
  listing_ms: [100, 10_000, 600_000, 'Reading all lists of a tool server to their end.'],
  mcp_session_ms: [1000, 1_800_000, 86_400_000, 'How long what is held of an idle MCP session stays in memory.'],
  mcp_stream_ms: [1000, 300_000, 3_600_000, 'How long the events of an MCP stream wait for a client that was cut off.'],
  mcp_parked_ms: [1000, 300_000, 3_600_000, 'How long a tool server waits for what its client was asked.'],
  ask_wait_ms: [
    100,
    45_000,
    3_600_000,
    'How long a tool `ask_<agent>` waits for an answer before it gives the task to come back with.',
  ],
  mcp_question_ms: [1000, 300_000, 3_600_000, 'How long a client with an MCP session may take over a question.'],
  tasks_ttl_ms: [1000, 604_800_000, 31_536_000_000, 'How long a task that is over is remembered.'],
} as const satisfies Record<string, TimeoutRow>

const maximumRows = {
  body_bytes: [1024, 1_048_576, 67_108_864, 'bytes', 'Body of a request.'],
  model_body_bytes: [
    1024,
    33_554_432,
    268_435_456,
    'bytes',
    'Body of a request to a model: conversations and pictures.',
  ],
  model_responses: [
    1,
    10_000,
    1_000_000,
    'responses',
    'Responses of models whose size is remembered for calls that go on from them; of others a whole context is reserved.',
  ],
  header_bytes: [1024, 16_384, 65_536, 'bytes', 'All headers of a request together.'],
  answer_bytes: [1024, 16_777_216, 268_435_456, 'bytes', 'Body of an answer that is not a stream.'],
  event_bytes: [1024, 4_194_304, 67_108_864, 'bytes', 'One event of a stream.'],
  runs: [1, 10_000, 1_000_000, 'runs', 'Runs that are held in memory at once.'],
  edges_per_run: [1, 1024, 65_536, 'edges', 'Distinct edges in the graph of a run.'],
  run_aliases: [
    1,
    16,
    1024,
    'names',
    'Trace and session ids of callers by which one run is found; the one that was not used for longest leaves first.',
  ],
  grants: [
    8,
    16_384,
    1_048_576,
    'ceilings',
    'Budget ceilings of tokens that are counted at once, an eighth for one run.',
  ],
  people: [
    1,
    10_000,
    1_000_000,
    'persons',
    'Persons with limits whose spend of a day is counted at once; one more is refused.',
  ],
  chain: [1, 64, 64, 'agents', 'Length of a delegation chain; holds in every mode.'],
  proofs: [1, 20_000, 1_000_000, 'proofs', 'Verified proofs that are remembered.'],
  replay_proofs: [
    1024,
    262_144,
    16_777_216,
    'proofs',
    'Single-use proofs remembered until they expire, 32 bytes each.',
  ],
  revocations: [64, 4096, 1_048_576, 'names', 'Agents, persons, keys and tokens that are revoked at once.'],
  approvals: [1, 1024, 65_536, 'approvals', 'Approvals that wait or were given and not used.'],
  tool_tokens: [16, 10_000, 1_000_000, 'tokens', 'Tokens of persons for tool servers, and links that wait for one.'],
  proof_queue: [1, 1024, 65_536, 'proofs', 'Proofs that wait for verification.'],
  open_calls: [1, 20_000, 1_000_000, 'calls', 'Calls under way in the whole gateway.'],
  index_hops: [1000, 20_000_000, 1_000_000_000, 'calls', 'Calls in the runs index; the oldest leave first.'],
  stream_buffer_bytes: [4096, 262_144, 67_108_864, 'bytes', 'What is buffered for one slow reader.'],
  stream_log_events: [1, 256, 65_536, 'events', 'Events of a task kept for readers that are behind or come later.'],
  stream_log_bytes: [65_536, 4_194_304, 268_435_456, 'bytes', 'The same, in bytes; the newest event is always kept.'],
  watched_tasks: [0, 10_000, 1_000_000, 'tasks', 'Tasks that are followed to their end though nobody reads of them.'],
  mcp_sessions: [
    1,
    10_000,
    1_000_000,
    'sessions',
    'MCP sessions in use; others are picked up when they are used again.',
  ],
  mcp_sessions_per_caller: [1, 256, 65_536, 'sessions', 'The same, of one caller at one address.'],
  mcp_parked: [1, 10_000, 1_000_000, 'questions', 'Questions of tool servers that wait for their client.'],
  mcp_parked_per_caller: [1, 256, 65_536, 'questions', 'The same, of one caller at one address.'],
  mcp_stream_events: [1, 256, 65_536, 'events', 'Events of one MCP stream kept for a client that was cut off.'],
  mcp_stream_bytes: [4096, 1_048_576, 67_108_864, 'bytes', 'The same, in bytes; the newest event is always kept.'],
  record_ring_bytes: [65_536, 8_388_608, 1_073_741_824, 'bytes', 'Records on their way to disk.'],
  tasks: [
    16,
    100_000,
    1_000_000,
    'tasks',
    'Tasks that are remembered; half of them open ones of one agent at most. The oldest that are over leave first.',
  ],
  task_snapshot_chars: [
    0,
    67_108_864,
    1_073_741_824,
    'characters',
    'Last states of tasks that are kept for agents that cannot be asked, together.',
  ],
  contexts: [16, 4096, 65_536, 'conversations', 'Conversations that are remembered for one agent.'],
  push_configs: [16, 100_000, 1_000_000, 'configs', 'Push notification configs of all tasks together.'],
  push_events: [16, 10_000, 1_000_000, 'events', 'Push notifications that wait, a quarter for tasks of one agent.'],
  push_event_chars: [
    65_536,
    67_108_864,
    1_073_741_824,
    'characters',
    'Bodies of push notifications that wait, a quarter for tasks of one agent.',
  ],
  tool_links: [
    16,
    4096,
    1_000_000,
    'links',
    'Links to tool servers at once, one for each server and who speaks to it.',
  ],
  tool_pins: [16, 65_536, 1_048_576, 'tools', 'Tools whose approved definition is remembered.'],
  tool_definition_bytes: [1024, 131_072, 16_777_216, 'bytes', 'The definition of one tool, prompt or resource.'],
  tool_description_chars: [64, 8192, 1_048_576, 'characters', 'The description of one of them.'],
  listed_items: [16, 10_000, 1_000_000, 'entries', 'One list of one tool server.'],
  listing_bytes: [65_536, 33_554_432, 1_073_741_824, 'bytes', 'The same, in bytes over all of its pages.'],
  mcp_list_bytes: [
    1024,
    4_194_304,
    67_108_864,
    'bytes',
    'One page of what several tool servers list together: many clients read the first page only.',
  ],
  tool_processes: [0, 64, 4096, 'processes', 'Child processes of tool servers at once.'],
  event_streams: [0, 32, 1024, 'streams', 'Readers of the live stream of the admin listener at once.'],
  push_dead: [1, 1000, 100_000, 'events', 'Push notifications that were given up and are kept to be looked at.'],
} as const satisfies Record<string, NumberRow>

function inMillis<Rows extends Record<string, TimeoutRow>>(rows: Rows): Record<keyof Rows, NumberRow> {
  const entries = Object.entries(rows).map(([name, [min, usual, max, meaning]]) => [
    name,
    [min, usual, max, 'ms', meaning],
  ])
  return Object.fromEntries(entries) as Record<keyof Rows, NumberRow>
}

export const timeoutsSection = z
  .strictObject(numberFields(inMillis(timeoutRows)))
  .prefault({})
  .meta({ description: 'Every wait has an end.' })
export const maximumsSection = z
  .strictObject(numberFields(maximumRows))
  .prefault({})
  .meta({ description: 'Every store, body and chain has a size.' })
