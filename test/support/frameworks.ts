/** The five frameworks as Weir is configured for them, and the words that make the agent behind each do the same thing. */
import { awsKeys, type AgentCoreServer, runtimeArn, startAgentCore } from './agentcore.ts'
import type { Emulator } from './cloud-emulator.ts'
import { startFastA2a } from './fasta2a.ts'
import { type FoundryEmulator, startFoundry } from './foundry.ts'
import { type FrameworkServer, startLangGraph } from './langgraph.ts'
import { startVertex } from './vertex.ts'
import { apiKey, type WeirConfig } from './weir.ts'

export type FrameworkName = 'langgraph' | 'agentcore' | 'foundry' | 'vertex' | 'fasta2a'

export const frameworkNames: readonly FrameworkName[] = ['langgraph', 'agentcore', 'foundry', 'vertex', 'fasta2a']

export interface Words {
  /** What it answers to `hello` as the first message of a conversation, and to a second one. */
  readonly first: string
  readonly second: string
  /** It works until it is told to stop, and tells so in a stream before. */
  readonly hold: string
  /** It takes its time, so that a caller who does not wait comes before the end. */
  readonly slow: string
  readonly fail: string
  /** What operators find of that in the record; never shown to callers. */
  readonly secret: string | null
  readonly ask: string
  /** What it asks, what the caller says to it, and what it makes of that. */
  readonly question: string
  readonly reply: string
  readonly resumed: string
  /** Whether the framework can be asked about a task. */
  readonly keeps: boolean
}

const turns = { first: 'echo: hello (turn 1)', second: 'echo: hello (turn 2)' } as const
const moods = { hold: 'hold', slow: 'slow', fail: 'fail', ask: 'ask' } as const
const trace = 'Traceback'

export const words: Readonly<Record<FrameworkName, Words>> = {
  langgraph: {
    first: 'echo: hello (n=1)',
    second: 'echo: hello (n=3)',
    hold: 'slow',
    slow: 'pause',
    fail: 'boom',
    secret: 'kaboom',
    ask: 'ask',
    question: 'need approval?',
    reply: 'yes',
    resumed: 'resumed with "yes"',
    keeps: true,
  },
  agentcore: {
    first: 'echo hello (n=1)',
    second: 'echo hello (n=2)',
    hold: 'hang',
    slow: 'slow',
    fail: 'boom',
    // The real app leaves its body empty where events were asked for.
    secret: 'status 500',
    ask: 'ask',
    question: 'Delete file a?',
    reply: 'yes',
    resumed: 'echo yes',
    keeps: false,
  },
  foundry: {
    ...turns,
    ...moods,
    secret: trace,
    question: 'delete_file',
    reply: 'yes',
    resumed: 'approved',
    keeps: true,
  },
  vertex: {
    ...turns,
    ...moods,
    secret: trace,
    question: 'Delete file a?',
    reply: 'yes',
    resumed: 'confirmed: true',
    keeps: false,
  },
  fasta2a: {
    ...turns,
    ...moods,
    secret: null,
    question: 'Delete file a?',
    reply: 'go on',
    resumed: 'echo: go on',
    keeps: true,
  },
}

export interface Frameworks {
  readonly langgraph: FrameworkServer
  readonly agentcore: AgentCoreServer
  readonly foundry: FoundryEmulator
  readonly vertex: Emulator & { readonly users: readonly string[] }
  readonly fasta2a: Emulator
  stop(): Promise<void>
}

export async function startFrameworks(): Promise<Frameworks> {
  const [langgraph, agentcore, foundry, vertex, fasta2a] = await Promise.all([
    startLangGraph(),
    startAgentCore(),
    startFoundry(),
    startVertex(),
    startFastA2a(),
  ])
  const all = { langgraph, agentcore, foundry, vertex, fasta2a }
  const stop = async (): Promise<void> => {
    await Promise.all(frameworkNames.map((name) => all[name].stop()))
  }
  return { ...all, stop }
}

/** For whom the orchestrator calls. */
const person = 'tomas.lindqvist'

/** The orchestrator may call each of them, for a person. */
export function configFor(all: Frameworks, more: WeirConfig = {}): WeirConfig {
  const headers = { authorization: 'Bearer operator-secret' }
  const aws = {
    runtime_arn: runtimeArn,
    access_key_id: awsKeys.access_key_id,
    secret_access_key: awsKeys.secret,
    session_token: awsKeys.session,
    question_pointer: '/question',
  }
  const rows = {
    langgraph: { driver: { kind: 'langgraph', assistant_id: 'agent' } },
    agentcore: { driver: { kind: 'agentcore', ...aws } },
    foundry: { headers, driver: { kind: 'foundry', agent_name: 'my-agent' } },
    vertex: { headers, driver: { kind: 'vertex', token_stream: true } },
    fasta2a: { driver: { kind: 'fasta2a' } },
  } as const
  const agents = frameworkNames.map((name) => [name, { ...rows[name], url: all[name].url, groups: ['subagents'] }])
  return {
    gateway: { public_url: undefined },
    identity: { api_keys: [apiKey('orchestrator', person)] },
    agents: {
      orchestrator: { may_start_runs: true },
      ...(Object.fromEntries(agents) as object),
    },
    ...more,
  }
}
