/** The tools at `/mcp/_weir`, as models read them. */
import { callableKinds, name_chars, pageSize } from './callable.ts'

const annotations = { readOnlyHint: true, openWorldHint: false, idempotentHint: true }
const noArguments = { type: 'object', properties: {}, additionalProperties: false }

const orNull = (type: string, description: string): object => ({ type: [type, 'null'], description })
const texts = (description: string): object => ({ type: 'array', items: { type: 'string' }, description })
const money = 'cost_micros in millionths of a US dollar'
const spend = (type: unknown, description: string): object => ({
  type: 'object',
  properties: { cost_micros: { type }, tokens: { type } },
  required: ['cost_micros', 'tokens'],
  description,
})

interface Shape {
  readonly properties: Readonly<Record<string, object>>
  /** Members that may be absent. */
  readonly optional?: readonly string[]
}

function objectOf({ properties, optional = [] }: Shape): object {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required }
}

const whoamiAnswer = objectOf({
  properties: {
    agent: { type: 'string', description: 'Your name: agent:<slug>.' },
    team: orNull('string', 'Your team.'),
    person: orNull('string', 'The person you work for; null where nobody is named.'),
    chain: texts('The agents from the one that began the run to you.'),
    scopes: {
      type: ['array', 'null'],
      items: { type: 'string' },
      description: 'Your scopes; null: not narrowed by any.',
    },
    credential: {
      type: 'object',
      properties: {
        kind: { type: 'string' },
        bound: { type: 'boolean', description: 'Whether it is worth nothing without your key.' },
        expires_at: orNull('string', 'When it ends; null: not by itself.'),
      },
      required: ['kind', 'bound', 'expires_at'],
    },
    may_start_runs: { type: 'boolean', description: 'Whether a call of yours outside of any run may begin one.' },
    run_id: orNull('string', 'The run you work in; null: in none. See my_run.'),
    run_found_by: orNull(
      'string',
      'How Weir knows: by your token, a header, a trace, or because it can only be that run.',
    ),
  },
})

const run = {
  ...objectOf({
    properties: {
      run_id: { type: 'string' },
      state: { type: 'string', description: 'active; in a halted or ended run nothing can be called any more.' },
      halted_by: orNull('string', 'Why it was halted: operator, or the code of the refusal that halted it.'),
      started_at: orNull('string', 'ISO 8601.'),
      ends_at: orNull('string', 'When it ends, whatever is under way by then.'),
      spent: spend('integer', `By everybody in the run together; ${money}.`),
      left: spend(['integer', 'null'], `For you and everybody you call; null: no limit; ${money}.`),
      depth: { type: 'integer', description: 'How many calls stand between the beginning of the run and you.' },
      depth_max: orNull('integer', 'The deepest call there may be; null: no limit.'),
      laps: {
        type: 'integer',
        description: 'How often the worst loop was walked. More than 0 means that agents call in a circle.',
      },
      calls: { type: 'integer', description: 'Calls so far.' },
      calls_left: orNull('integer', 'null: no limit.'),
      unknown_priced_calls: orNull(
        'integer',
        'Calls whose price nobody knows, so that spent says too little; null: not counted.',
      ),
    },
  }),
  type: ['object', 'null'],
}

const item = objectOf({
  properties: {
    kind: { type: 'string', enum: callableKinds },
    name: { type: 'string' },
    description: { type: 'string' },
    how: { type: 'string', description: 'How it is called.' },
  },
  optional: ['description'],
})

export const selfDefinitions = [
  {
    name: 'my_run',
    title: 'My run',
    description:
      'How the run stands that you work in: what it has spent and has left, how deep you are, whether agents call in a circle, how ' +
      'many calls are left. {"run": null} where you work in none.',
    inputSchema: noArguments,
    outputSchema: objectOf({ properties: { run } }),
    annotations,
  },
  {
    name: 'what_may_i_call',
    title: 'What may I call?',
    description:
      'The agents, tools and models that you may call, with how each is called. What is not listed, do not try. A list that goes ' +
      'on has a next_cursor: ask again with it as cursor.',
    inputSchema: {
      type: 'object',
      properties: {
        kind: { type: 'string', enum: callableKinds, description: 'Only these.' },
        cursor: { type: 'string', maxLength: name_chars, description: 'The next_cursor of the answer before.' },
        limit: {
          type: 'integer',
          minimum: 1,
          maximum: pageSize.max,
          description: `How many, ${pageSize.usual} if not said.`,
        },
      },
      additionalProperties: false,
    },
    outputSchema: objectOf({
      properties: { items: { type: 'array', items: item }, next_cursor: { type: 'string' } },
      optional: ['next_cursor'],
    }),
    annotations,
  },
  {
    name: 'whoami',
    title: 'Who am I?',
    description:
      'Who you are to the gateway: your name, team, the person you work for, what called you, and what you hold.',
    inputSchema: noArguments,
    outputSchema: whoamiAnswer,
    annotations,
  },
]
