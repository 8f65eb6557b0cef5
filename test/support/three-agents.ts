/**
 * A run of three agents with a tool and a model: an orchestrator that asks a researcher and a writer, each with spans of its
 * own as agents with instrumentation have them. The writer also asks somebody it may not ask.
 */
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { say } from './caller.ts'
import { policyOpen } from './loop.ts'
import { serveMcpFixture } from './mcp-server.ts'
import { modernPost } from './mcp-weir.ts'
import { openaiClient } from './model-sdk-openai.ts'
import { startRecordingProvider } from './recording-provider.ts'
import { completedTask, startScriptedAgent } from './scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir, type WeirConfig } from './weir.ts'

export interface ThreeAgents {
  readonly weir: Weir
  /** The traceparent of every request an agent, the tool server or the provider got, by its name. */
  readonly heard: ReadonlyMap<string, readonly string[]>
  /** Spans that agents made of their own: the traceparent each of them sent. */
  readonly own: readonly string[]
  /** One run; answers its id. */
  work(headers?: Readonly<Record<string, string>>): Promise<string>
  stop(): Promise<void>
}

const forbids = `@id("writers-write") forbid(principal == Weir::Agent::"writer", action, resource == Weir::Agent::"research");`

export async function startThreeAgents(more: WeirConfig = {}): Promise<ThreeAgents> {
  const heard = new Map<string, string[]>()
  const own: string[] = []
  const hear = (name: string, headers: IncomingHttpHeaders): Readonly<Record<string, string>> => {
    const traceparent = String(headers['traceparent'] ?? '')
    heard.set(name, [...(heard.get(name) ?? []), traceparent])
    const [version, trace, , flags] = traceparent.split('-')
    const mine = `${version}-${trace}-${randomBytes(8).toString('hex')}-${flags}`
    const onwards = { 'txn-token': String(headers['txn-token']) }
    if (trace === undefined) return onwards
    own.push(mine)
    return { ...onwards, traceparent: mine }
  }
  const orchestrator = await startScriptedAgent(async ({ headers }) => {
    const sent = hear('orchestrator', headers)
    await say(weir, { from: 'orchestrator', to: 'research', headers: sent })
    await say(weir, { from: 'orchestrator', to: 'writer', headers: sent })
    return completedTask('both have worked')
  })
  const research = await startScriptedAgent(async ({ headers }) => {
    const sent = hear('research', headers)
    const params = { name: 'read', arguments: { path: 'a' } }
    await (await modernPost(weir, 'research', { method: 'tools/call', params, headers: sent })).text()
    return completedTask('found')
  })
  const writer = await startScriptedAgent(async ({ headers }) => {
    const sent = hear('writer', headers)
    const model = openaiClient({ url: weir.url, key: keyOf('writer'), headers: sent })
    await model.chat.completions.create({ model: 'echo', messages: [{ role: 'user', content: 'write' }] })
    await say(weir, { from: 'writer', to: 'research', headers: sent })
    return completedTask('written')
  })
  const files = await serveMcpFixture(() => {
    const server = new McpServer({ name: 'files', version: '1.0.0' })
    const inputSchema = z.object({ path: z.string() })
    server.registerTool('read', { inputSchema }, ({ path }) => ({ content: [{ type: 'text', text: path }] }))
    return server
  })
  const provider = await startRecordingProvider()
  const policy = mkdtempSync(join(tmpdir(), 'weir-three-'))
  cpSync(policyOpen, policy, { recursive: true })
  writeFileSync(join(policy, 'forbids.cedar'), forbids)
  const called = { traceparent: 'open', price: { call_micros: 1000 } }
  const weir = await startWeir({
    ...more,
    policy: { dir: policy },
    identity: {
      api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator'), apiKey('research'), apiKey('writer')],
    },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: orchestrator.url, ...called },
      research: { url: research.url, ...called },
      writer: { url: writer.url, ...called },
    },
    tools: {
      servers: {
        files: { url: files.url, effect: 'read', traceparent: 'open', tools: { read: { price: { call_micros: 70 } } } },
      },
    },
    models: {
      providers: {
        openai: {
          api: 'openai',
          url: provider.v1,
          keys: [{ key: 'sk-of-the-operator' }],
          prices_as: 'nobody',
          models: { echo: { price: { input: 2, output: 10, call_micros: 100 } } },
        },
      },
    },
  })
  return {
    weir,
    heard,
    own,
    async work(headers = {}) {
      const said = await say(weir, { from: 'console', to: 'orchestrator', headers })
      heard.set(
        'provider',
        provider.recorded.map((each) => String(each.headers['traceparent'] ?? '')),
      )
      return said.headers.get('weir-run-id') ?? `it was refused: ${said.text}`
    },
    async stop() {
      await weir.stop()
      await Promise.all([orchestrator.stop(), research.stop(), writer.stop(), provider.stop()])
      await files[Symbol.asyncDispose]()
      rmSync(policy, { recursive: true, force: true })
    },
  }
}
