/**
 * A gateway in which everything costs something: models of two families with usage the test dictates, tools priced in every
 * way, an agent that calls on while it serves, and one whose framework says what it used. Two teams pay, for two persons.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { startFoundry } from './foundry.ts'
import { policyOpen } from './loop.ts'
import { type McpFixture, serveMcpFixture } from './mcp-server.ts'
import { modernPost } from './mcp-weir.ts'
import { type RecordingProvider, type Script, startRecordingProvider } from './recording-provider.ts'
import { completedTask, startScriptedAgent } from './scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir, type WeirConfig } from './weir.ts'

/** What the run has in all. */
export const runMost = { cost_micros: 2_000_000, tokens: 500_000 } as const

export interface SpendingWorld {
  readonly provider: RecordingProvider
  weir: Weir
  /** What research does while it serves, with the headers that keep it in its run. */
  serving: (headers: Readonly<Record<string, string>>) => Promise<void>
  /** Starts the same gateway again over what the one before left. */
  restart(limits: object): Promise<void>
  stop(): Promise<void>
}

const tools = {
  plain: { price: { call_micros: 70 } },
  pages: { price: { call_micros: 5, units: { at: '/structuredContent/pages', micros: 30, max: 10 } } },
  usd: { price: { reported: { cost_usd: '/_meta/cost', max_micros: 400 } } },
  penny: { price: { call_micros: 1, call_tokens: 1 } },
}

function toolServer(): McpServer {
  const server = new McpServer({ name: 'files', version: '1.0.0' })
  const inputSchema = z.object({ pages: z.number().optional(), cost: z.number().optional() })
  for (const name of Object.keys(tools))
    server.registerTool(name, { description: name, inputSchema }, async ({ pages, cost }) => ({
      content: [{ type: 'text', text: name }],
      ...(pages === undefined ? {} : { structuredContent: { pages } }),
      ...(cost === undefined ? {} : { _meta: { cost } }),
    }))
  return server
}

const app = { groups: ['entrypoints'], may_start_runs: true }

interface Behind {
  readonly provider: RecordingProvider
  readonly files: McpFixture
  readonly research: string
  readonly foundry: string
  readonly policy: string
}

function configOf({ provider, files, research, foundry, policy }: Behind, limits: object): WeirConfig {
  const priced = { house: { price: { input: 2, cached: 1, output: 10, call_micros: 100 } } }
  const lone = { resilience: { attempts_max: 1 } }
  return {
    policy: { dir: policy },
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('desk', 'ana'), apiKey('research')] },
    teams: { apps: { limits: {} }, lab: { limits: {} } },
    agents: {
      console: { ...app, team: 'apps' },
      desk: { ...app, team: 'lab' },
      research: { url: research, team: 'lab', may_start_runs: true, price: { call_micros: 1500 } },
      clerk: {
        url: foundry,
        headers: { authorization: 'Bearer operator-secret' },
        driver: { kind: 'foundry', agent_name: 'my-agent' },
        price: { reported: { max_tokens: 1000, max_micros: 9000 }, tokens_as: 'openai/gpt-4.1' },
      },
    },
    models: {
      unknown_price: 'allow',
      providers: {
        openai: { api: 'openai', url: provider.v1, prices_as: 'openai', models: priced, ...lone },
        anthropic: { api: 'anthropic', url: provider.url, prices_as: 'anthropic', ...lone },
        down: { api: 'openai', url: 'http://127.0.0.1:9/v1', prices_as: 'openai', ...lone },
        nobody: { api: 'openai', url: provider.v1, prices_as: 'nobody', ...lone },
      },
      routes: { everyday: { to: [{ model: 'down/gpt-4o-mini' }], fallback: ['openai/gpt-4o-mini'] } },
    },
    tools: { servers: { files: { url: files.url, effect: 'write', tools } } },
    limits,
  }
}

/** High enough for everything; whoever has no limit is not counted. */
const usual = {
  run: { cost_micros_max: runMost.cost_micros, tokens_max: runMost.tokens },
  person: { cost_micros_per_day: 10_000_000 },
}

export async function startSpendingWorld(): Promise<SpendingWorld> {
  const [provider, files, foundry] = await Promise.all([
    startRecordingProvider(),
    serveMcpFixture(toolServer),
    startFoundry(),
  ])
  const policy = mkdtempSync(join(tmpdir(), 'weir-spending-'))
  cpSync(policyOpen, policy, { recursive: true })
  const forbids = '@id("dear") forbid(principal, action, resource == Weir::Model::"openai/gpt-4o");'
  writeFileSync(join(policy, 'forbids.cedar'), forbids)
  const research = await startScriptedAgent(async ({ headers }) => {
    await world.serving({ 'txn-token': String(headers['txn-token']) })
    return completedTask('found')
  })
  const behind = { provider, files, policy, research: research.url, foundry: foundry.url }
  const world: SpendingWorld = {
    provider,
    weir: await startWeir(configOf(behind, usual)),
    serving: async () => undefined,
    async restart(limits) {
      world.weir = await startWeir(configOf(behind, limits), world.weir.directory)
    },
    async stop() {
      await world.weir.stop()
      await Promise.all([provider.stop(), foundry.stop(), research.stop(), files[Symbol.asyncDispose]()])
      rmSync(policy, { recursive: true, force: true })
    },
  }
  return world
}

export interface Asking {
  readonly from: string
  readonly path: string
  /** The body, or its text. */
  readonly body: object | string
  /** What the provider answers. */
  readonly says?: object | Script
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export async function askModel({ weir, provider }: SpendingWorld, asking: Asking): Promise<Response> {
  const { from, path, body, says, headers = {}, signal } = asking
  if (says !== undefined) provider.next('chunks' in says ? says : { chunks: [JSON.stringify(says)] })
  return await fetch(`${weir.url}/v1/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${keyOf(from)}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  })
}

export interface Using {
  readonly from: string
  readonly name: string
  readonly args?: object
  readonly headers?: Readonly<Record<string, string>>
}

export async function useTool(
  { weir }: SpendingWorld,
  { from, name, args = {}, headers = {} }: Using,
): Promise<Response> {
  const answer = await modernPost(weir, from, { method: 'tools/call', params: { name, arguments: args }, headers })
  await answer.text()
  return answer
}

const typeOf = (event: object): string => ('type' in event ? `event: ${String(event.type)}\n` : '')

/** A stream of events, as one piece. */
export function eventStream(events: readonly (object | string)[], more: Omit<Script, 'chunks'> = {}): Script {
  const text = events.map((event) =>
    typeof event === 'string' ? `data: ${event}\n\n` : `${typeOf(event)}data: ${JSON.stringify(event)}\n\n`,
  )
  return { headers: { 'content-type': 'text/event-stream' }, ...more, chunks: [text.join('')] }
}

/** The same, cut by the provider when all of it was sent. */
export function cutStream(events: readonly object[]): Script {
  const { chunks = [], ...script } = eventStream(events)
  return { ...script, chunks: [...chunks, ' '], cutAfter_bytes: String(chunks[0]).length }
}

/** Reads a stream until it has said something; what that returns reads it to its end. */
export async function heardUntil(answer: Response, words: string): Promise<() => Promise<string>> {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  const more = async (): Promise<boolean> => {
    const { done, value } = await reader.read()
    text += decoder.decode(value, { stream: true })
    return !done
  }
  while (!text.includes(words)) if (!(await more())) throw new Error(`it ended before it said ${words}: ${text}`)
  return async () => {
    while (await more());
    return text
  }
}
