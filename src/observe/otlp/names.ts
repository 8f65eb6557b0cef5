/**
 * Every name that leaves Weir over OTLP, in one table: the conventions for GenAI, MCP and A2A are in development, so names
 * will change, and then they change here. `semconv` stands in @opentelemetry/semantic-conventions 1.45, `genai` only in the
 * repository open-telemetry/semantic-conventions-genai, `weir` are ours, for what no convention has a word for.
 */

type Origin = 'semconv' | 'genai' | 'weir'

/** Where it stands: on the span of a hop, of a run, on a log record, on a metric, or on everything as part of the resource. */
type Place = 'hop' | 'run' | 'log' | 'metric' | 'resource'

export interface NameRow {
  readonly name: string
  readonly origin: Origin
  readonly on: readonly Place[]
  readonly says: string
}

export const nameTable = {
  operation: row(
    'gen_ai.operation.name',
    'semconv',
    'hop run metric',
    'invoke_agent, execute_tool, chat, embeddings; invoke_workflow for a run',
  ),
  agentId: row(
    'gen_ai.agent.id',
    'semconv',
    'hop run',
    'the agent that is invoked; for tools and models the one that calls; for a run its root',
  ),
  agentName: row('gen_ai.agent.name', 'semconv', 'hop run', 'the same without `agent:`'),
  conversation: row('gen_ai.conversation.id', 'semconv', 'hop', 'the session that the client claims'),
  requestModel: row('gen_ai.request.model', 'semconv', 'hop metric', 'the model as it was called'),
  responseModel: row('gen_ai.response.model', 'semconv', 'hop', 'the model that answered'),
  provider: row('gen_ai.provider.name', 'semconv', 'hop metric', 'the provider, by its slug in the configuration'),
  inputTokens: row('gen_ai.usage.input_tokens', 'semconv', 'hop', 'tokens read, from caches too'),
  outputTokens: row('gen_ai.usage.output_tokens', 'semconv', 'hop', 'tokens written, reasoning too'),
  cachedTokens: row('gen_ai.usage.cache_read.input_tokens', 'semconv', 'hop', 'of the input: read from a cache'),
  cacheWriteTokens: row(
    'gen_ai.usage.cache_creation.input_tokens',
    'semconv',
    'hop',
    'of the input: written to a cache',
  ),
  reasoningTokens: row('gen_ai.usage.reasoning.output_tokens', 'semconv', 'hop', 'of the output: reasoning'),
  tokenType: row('gen_ai.token.type', 'semconv', 'metric', 'input or output'),
  toolName: row('gen_ai.tool.name', 'semconv', 'hop metric', 'the tool that is called: server and name'),
  mcpMethod: row('mcp.method.name', 'semconv', 'hop metric', 'the method of MCP'),
  mcpRevision: row('mcp.protocol.version', 'semconv', 'hop', 'the revision of MCP that the caller speaks'),
  a2aMethod: row('a2a.method.name', 'genai', 'hop', 'the method of A2A as the wire spells it'),
  a2aTask: row('a2a.task.id', 'genai', 'hop', 'the task that the agent opened'),
  errorType: row(
    'error.type',
    'semconv',
    'hop run log metric',
    'the code of the denial, else of the fault, else how the call ended',
  ),
  userId: row('user.id', 'semconv', 'hop run log', 'the pseudonym of the person; only with `telemetry.user_id`'),
  runId: row('weir.run.id', 'weir', 'hop run log', 'the run, as every other page of Weir names it'),
  runOrigin: row('weir.run.origin', 'weir', 'hop', 'how the hop found its run'),
  runCost: row('weir.run.cost.usd', 'weir', 'run', 'what the hops came to that ended before the run did'),
  runCalls: row('weir.run.calls', 'weir', 'run', 'hops that were let through and ended before the run did'),
  runRefused: row('weir.run.refused', 'weir', 'run', 'hops that were refused'),
  runDepth: row('weir.run.depth', 'weir', 'run', 'the deepest hop'),
  hopId: row('weir.hop.id', 'weir', 'hop log', 'the hop'),
  depth: row('weir.hop.depth', 'weir', 'hop', 'how deep in the chain of delegation'),
  caller: row('weir.agent', 'weir', 'hop log', 'the agent that calls'),
  target: row('weir.target', 'weir', 'hop log', 'what is called: agent, tool, server or model'),
  chain: row('weir.delegation.chain', 'weir', 'hop', 'from the root agent to the caller'),
  cost: row('weir.cost.usd', 'weir', 'hop', 'what it cost, in dollars; absent where nobody knows the price'),
  lap: row('weir.loop.lap', 'weir', 'hop', 'laps of a cycle before this hop; absent for none'),
  decision: row('weir.decision', 'weir', 'hop log', 'allow or deny'),
  rule: row('weir.rule', 'weir', 'hop log', 'the policy or limit that refused'),
  policies: row('weir.policies', 'weir', 'hop', 'the policies that let it through'),
  shadow: row('weir.shadow', 'weir', 'hop', 'rules in shadow or warn mode that would have refused it'),
  status: row('weir.status', 'weir', 'hop', 'refused, answered, failed, aborted or halted'),
  upstream: row('weir.upstream.duration', 'weir', 'hop', 'of its duration: seconds spent waiting for the target'),
  taint: row('weir.taint', 'weir', 'hop', 'the taint of the run when the hop was over'),
  seq: row('weir.ledger.seq', 'weir', 'hop run log', 'number of the entry in the ledger that it was made of'),
  event: row('weir.event', 'weir', 'log', 'kind of the entry and what happened: `run.halted`'),
  actor: row('weir.actor', 'weir', 'run log', 'who did it'),
  reason: row('weir.reason', 'weir', 'run log', 'why, in the words of whoever did it'),
  subject: row('weir.subject', 'weir', 'log', 'what was revoked, approved or changed'),
  serviceName: row('service.name', 'semconv', 'resource', '`weir`'),
  serviceVersion: row('service.version', 'semconv', 'resource', 'the version of Weir'),
  serviceInstance: row('service.instance.id', 'semconv', 'resource', 'this process: the boot that entries name'),
  environment: row('deployment.environment.name', 'semconv', 'resource', '`gateway.environment`'),
} as const satisfies Readonly<Record<string, NameRow>>

/** Metrics that are made of the records, beside those of the metrics page, which keep their names. */
export const metricTable = {
  tokenUsage: row('gen_ai.client.token.usage', 'semconv', 'metric', 'tokens of calls of models'),
  modelDuration: row('gen_ai.client.operation.duration', 'semconv', 'metric', 'seconds that models and agents took'),
  toolDuration: row(
    'mcp.server.operation.duration',
    'semconv',
    'metric',
    'seconds from a request to a tool to its answer',
  ),
} as const satisfies Readonly<Record<string, NameRow>>

type Names = { readonly [Key in keyof typeof nameTable]: string }

/** The names alone. */
export const names = Object.fromEntries(Object.entries(nameTable).map(([key, { name }]) => [key, name])) as Names

function row(name: string, origin: Origin, on: string, says: string): NameRow {
  return { name, origin, on: on.split(' ') as Place[], says }
}
