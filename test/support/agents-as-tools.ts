/** Agents that a caller asks as tools, Weir before them, and the official clients of both generations. */
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/client'
import type { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { connectGeneration, type Generation } from './mcp-weir.ts'
import { completedTask, type Script, type ScriptedAgent, startScriptedAgent } from './scripted-agent.ts'
import { apiKey, keyOf, type Weir, type WeirConfig } from './weir.ts'

/** Users may invoke every agent but `vault`, which is carol's. */
const policy = `
@id("agents.ask") permit(principal, action == Weir::Action::"invoke", resource in Weir::AgentGroup::"asked");
@id("agents.vault") permit(principal == Weir::Agent::"carol", action == Weir::Action::"invoke",
  resource == Weir::Agent::"vault");
@id("agents.start") permit(principal, action == Weir::Action::"startRun", resource);
@id("agents.token") permit(principal, action == Weir::Action::"exchange", resource);
`

function policyDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-agents-policy-'))
  const shipped = join(import.meta.dirname, '../../config/policy')
  for (const name of ['schema.cedarschema', 'guards.cedar']) copyFileSync(join(shipped, name), join(dir, name))
  writeFileSync(join(dir, 'agents.cedar'), policy)
  return dir
}

export interface AskedAgents extends AsyncDisposable {
  readonly agents: Readonly<Record<string, ScriptedAgent>>
  config(over?: WeirConfig): WeirConfig
}

/** Agents by name, each as its script says; none of them streams unless it is in `streaming`. */
export async function startAskedAgents(
  scripts: Readonly<Record<string, Script>>,
  streaming: readonly string[] = [],
): Promise<AskedAgents> {
  const started = await Promise.all(
    Object.entries(scripts).map(async ([name, script]) => [name, await startScriptedAgent(script)] as const),
  )
  const agents = Object.fromEntries(started)
  const rows = started.map(([name, { url }]) => [
    name,
    {
      url,
      streams: streaming.includes(name),
      groups: name === 'vault' ? [] : ['asked'],
      description: `The ${name} agent.`,
      price: { call_micros: 1000, call_tokens: 10 },
    },
  ])
  const names = ['alice', 'bob', 'carol']
  return {
    agents,
    config: (over = {}) => ({
      policy: { dir: policyDir() },
      identity: { api_keys: [...names, ...Object.keys(agents)].map((name) => apiKey(name)) },
      agents: {
        ...Object.fromEntries(rows),
        ...Object.fromEntries(names.map((name) => [name, { may_start_runs: true }])),
      },
      ...over,
    }),
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map(([, agent]) => agent.stop()))
    },
  }
}

/** A task in that state, whose agent says so much. */
export function taskIn(state: string, words: string, id = 'task-1'): unknown {
  const message = { messageId: 'm2', role: 'ROLE_AGENT', parts: [{ text: words }] }
  return { task: { id, contextId: 'c-1', status: { state, message } } }
}

export { completedTask }

export interface ToolResult {
  readonly isError: boolean
  readonly text: string
  readonly content: readonly Readonly<Record<string, unknown>>[]
  readonly structured: Readonly<Record<string, unknown>> | undefined
  readonly meta: Readonly<Record<string, unknown>> | undefined
}

export interface OwnClient extends AsyncDisposable {
  tools(): Promise<readonly { readonly name: string; readonly description?: string | undefined }[]>
  call(name: string, args?: Record<string, unknown>, onProgress?: (message: string) => void): Promise<ToolResult>
}

/** A client of that generation at one of Weir's own addresses. */
export async function ownClient(
  weir: Pick<Weir, 'url'>,
  agent: string,
  at: { readonly path: string; readonly generation?: Generation; readonly headers?: Readonly<Record<string, string>> },
): Promise<OwnClient> {
  const { path, generation = 'v2 modern', headers = {} } = at
  const shown = { authorization: `Bearer ${keyOf(agent)}`, ...headers }
  const { client, isV1 } = await connectGeneration(new URL(path, weir.url), generation, shown)
  // Results are checked by the schemas that were listed.
  await client.listTools()
  return {
    tools: async () => (await client.listTools()).tools,
    async call(name, args = {}, onProgress) {
      const heard = onProgress && {
        onprogress: ({ message }: { readonly message?: string | undefined }) => onProgress(message ?? ''),
      }
      const asked = { name, arguments: args }
      const result = isV1
        ? await (client as ClientV1).callTool(asked, undefined, heard)
        : await (client as Client).callTool(asked, heard)
      const content = result.content as ToolResult['content']
      const texts = content.flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
      return {
        isError: result.isError === true,
        text: texts.join('\n'),
        content,
        structured: result.structuredContent as ToolResult['structured'],
        meta: result._meta,
      }
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}
