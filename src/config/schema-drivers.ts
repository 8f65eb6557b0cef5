/** The configuration table: how an agent is spoken to where it is no plain A2A agent. */
import { z } from 'zod'
import { isPointer } from '../base/json-pointer.ts'
import { readJsonObject } from '../base/json.ts'
import { prose, secret, text } from './fields.ts'

/** `a2a` and `fasta2a` speak A2A, the others have an API of their own. */
export const driverKinds = ['a2a', 'fasta2a', 'langgraph', 'agentcore', 'foundry', 'vertex'] as const

export type DriverKind = (typeof driverKinds)[number]

/** Whom Vertex AI is told the user is. */
export const userIdModes = ['person', 'agent', 'context'] as const

function pointer(description: string) {
  return text(isPointer, { description, form: 'a JSON pointer such as /prompt' })
}

/** An option of a framework, for the kinds it belongs to. A row without a kind would be an option for nobody. */
interface OptionRow {
  readonly kinds: readonly DriverKind[]
  /** Kinds that cannot do without it. */
  readonly needed: readonly DriverKind[]
}

/** Which option belongs to which kind; the cross-check reads it. */
export const driverOptions: Readonly<Record<string, OptionRow>> = {
  assistant_id: { kinds: ['langgraph'], needed: ['langgraph'] },
  api_key: { kinds: ['langgraph'], needed: [] },
  runtime_arn: { kinds: ['agentcore'], needed: [] },
  qualifier: { kinds: ['agentcore'], needed: [] },
  region: { kinds: ['a2a', 'agentcore'], needed: [] },
  access_key_id: { kinds: ['a2a', 'agentcore'], needed: [] },
  secret_access_key: { kinds: ['a2a', 'agentcore'], needed: [] },
  session_token: { kinds: ['a2a', 'agentcore'], needed: [] },
  request_template: { kinds: ['agentcore'], needed: [] },
  prompt_pointer: { kinds: ['agentcore'], needed: [] },
  response_pointer: { kinds: ['agentcore'], needed: [] },
  event_pointer: { kinds: ['agentcore'], needed: [] },
  question_pointer: { kinds: ['agentcore'], needed: [] },
  agent_name: { kinds: ['foundry'], needed: ['foundry'] },
  agent_version: { kinds: ['foundry'], needed: [] },
  api_version: { kinds: ['foundry'], needed: [] },
  class_method: { kinds: ['vertex'], needed: [] },
  user_id: { kinds: ['vertex'], needed: [] },
  token_stream: { kinds: ['vertex'], needed: [] },
}

export const driver = z
  .strictObject({
    kind: z
      .enum(driverKinds)
      .default('a2a')
      .meta({ description: 'How the agent is spoken to: a2a, or the framework whose own API it has.' }),
    assistant_id: prose({ description: 'langgraph: the assistant or graph that answers.' }).optional(),
    api_key: secret({ description: 'langgraph: what x-api-key says.' }).optional(),
    runtime_arn: text(
      (value) => /^arn:[a-z0-9-]+:bedrock-agentcore:[a-z0-9-]+:\d{12}:runtime\/[A-Za-z0-9_-]{1,128}$/.test(value),
      {
        form: 'the ARN of an AgentCore runtime',
        description: 'agentcore: the runtime. Absent: the url is the container itself.',
      },
    ).optional(),
    qualifier: prose({ description: 'agentcore: the endpoint of the runtime. Absent: DEFAULT.' }).optional(),
    region: text((value) => /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/.test(value), {
      form: 'an AWS region such as us-west-2',
      description: 'a2a, agentcore: the region that requests are signed for. Absent: that of the runtime.',
    }).optional(),
    access_key_id: text((value) => /^[A-Z0-9]{8,128}$/.test(value), {
      form: '8 to 128 capital letters and digits',
      description: 'a2a, agentcore: the key that requests are signed with (SigV4). Absent: they are not signed.',
    }).optional(),
    secret_access_key: secret({ description: 'a2a, agentcore: the secret of access_key_id.' }).optional(),
    session_token: secret({
      description: 'a2a, agentcore: the token that temporary credentials come with.',
    }).optional(),
    request_template: text((value) => readJsonObject(value) !== null, {
      form: 'a JSON object in a text',
      description: 'agentcore: what every request body holds beside the prompt.',
    }).optional(),
    prompt_pointer: pointer('agentcore: where the text goes in a request body. Absent: /prompt.').optional(),
    response_pointer: pointer(
      'agentcore: where the text is in a whole answer. Absent: it is looked for under the usual names.',
    ).optional(),
    event_pointer: pointer('agentcore: where the text is in an event of a stream. Absent: as in an answer.').optional(),
    question_pointer: pointer(
      'agentcore: where an answer or an event holds what the app asks its caller, whose next message of the task goes to the same session. Absent: an app asks nothing.',
    ).optional(),
    agent_name: prose({ description: 'foundry: the agent that answers.' }).optional(),
    agent_version: prose({ description: 'foundry: its version. Absent: the newest.' }).optional(),
    api_version: prose({
      description: 'foundry: what api-version says. Absent: the parameter is left out.',
    }).optional(),
    class_method: text((value) => /^[A-Za-z_]\w{0,127}$/.test(value), {
      form: 'the name of a method',
      description: 'vertex: the method that is streamed. Absent: async_stream_query.',
    }).optional(),
    user_id: z.enum(userIdModes).optional().meta({
      description:
        'vertex: whose sessions they are: person is a stable pseudonym of the person, agent that of the calling agent, context one for each conversation. Absent: person.',
    }),
    token_stream: z.boolean().optional().meta({
      description:
        'vertex: whether a streamed call asks for pieces of text while a model writes them (RunConfig streaming_mode sse); the method must take run_config. Absent: false.',
    }),
  })
  .prefault({})
  .meta({ description: 'How the agent is spoken to. Its Entra or Google token comes from headers or credential.' })
