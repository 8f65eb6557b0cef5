/** The settings of drivers: one row for each framework, with only what that framework has. */
import type { userIdModes } from './schema-drivers.ts'
import type { Secret } from './secret.ts'

export type DriverSettings =
  | A2aSettings
  | FastA2aSettings
  | LangGraphSettings
  | AgentCoreSettings
  | FoundrySettings
  | VertexSettings

/** Keys that requests to AWS are signed with (SigV4). */
export interface AwsSettings {
  readonly region: string
  readonly access_key_id: string
  readonly secret_access_key: Secret
  /** Null for keys that do not expire. */
  readonly session_token: Secret | null
}

export interface A2aSettings {
  readonly kind: 'a2a'
  /** Set for an A2A agent inside AgentCore; null for every other. */
  readonly aws: AwsSettings | null
}

export interface FastA2aSettings {
  readonly kind: 'fasta2a'
}

export interface LangGraphSettings {
  readonly kind: 'langgraph'
  readonly assistant_id: string
  readonly api_key: Secret | null
}

export interface AgentCoreSettings {
  readonly kind: 'agentcore'
  /** Null where the URL is the container itself. */
  readonly runtime_arn: string | null
  readonly qualifier: string
  /** Null where requests are not signed. */
  readonly aws: AwsSettings | null
  /** A JSON object; what every request body holds beside the prompt. */
  readonly request_template: string
  /** JSON pointers; null to look under the usual names. */
  readonly prompt_pointer: string
  readonly response_pointer: string | null
  readonly event_pointer: string | null
  /** Null for an app that asks its caller nothing. */
  readonly question_pointer: string | null
}

export interface FoundrySettings {
  readonly kind: 'foundry'
  readonly agent_name: string
  readonly agent_version: string | null
  readonly api_version: string | null
}

export interface VertexSettings {
  readonly kind: 'vertex'
  readonly class_method: string
  readonly user_id: (typeof userIdModes)[number]
  /** Whether a streamed call asks for pieces of text. */
  readonly token_stream: boolean
}
