/** The part of the settings that says how an agent is spoken to: what one framework has, with its defaults. */
import type { z } from 'zod'
import { assert } from '../base/assert.ts'
import type { driver, DriverKind } from './schema-drivers.ts'
import { Secret } from './secret.ts'
import type { AgentCoreSettings, AwsSettings, DriverSettings } from './settings-drivers.ts'

type DriverRow = z.output<typeof driver>

const makers: Readonly<Record<DriverKind, (row: DriverRow) => DriverSettings>> = {
  a2a: (row) => ({ kind: 'a2a', aws: awsSettings(row) }),
  fasta2a: () => ({ kind: 'fasta2a' }),
  langgraph: (row) => ({
    kind: 'langgraph',
    assistant_id: needed(row.assistant_id),
    api_key: sealed(row.api_key),
  }),
  agentcore: agentCoreSettings,
  foundry: (row) => ({
    kind: 'foundry',
    agent_name: needed(row.agent_name),
    agent_version: row.agent_version ?? null,
    api_version: row.api_version ?? null,
  }),
  vertex: (row) => ({
    kind: 'vertex',
    class_method: row.class_method ?? 'async_stream_query',
    user_id: row.user_id ?? 'person',
    token_stream: row.token_stream ?? false,
  }),
}

export function driverSettings(row: DriverRow): DriverSettings {
  return makers[row.kind](row)
}

function agentCoreSettings(row: DriverRow): AgentCoreSettings {
  const { runtime_arn = null, qualifier = 'DEFAULT', request_template = '{}' } = row
  const { prompt_pointer = '/prompt', response_pointer = null, event_pointer = response_pointer } = row
  const { question_pointer = null } = row
  const pointers = { prompt_pointer, response_pointer, event_pointer, question_pointer }
  return { kind: 'agentcore', runtime_arn, qualifier, aws: awsSettings(row), request_template, ...pointers }
}

/** The region stands in the ARN as well, between its third and fourth colon. */
function awsSettings(row: DriverRow): AwsSettings | null {
  if (row.access_key_id === undefined || row.secret_access_key === undefined) return null
  const region = needed(row.region ?? row.runtime_arn?.split(':')[3])
  const secret_access_key = new Secret(row.secret_access_key)
  return { region, access_key_id: row.access_key_id, secret_access_key, session_token: sealed(row.session_token) }
}

function sealed(value: string | undefined): Secret | null {
  return value === undefined ? null : new Secret(value)
}

function needed(value: string | undefined): string {
  assert(value !== undefined, 'the cross-check asks for what a driver cannot do without')
  return value
}
