/** Traces on their way to tool servers, whatever the road: a server heard as it stands, and one behind the address of all. */
import { afterAll, expect, test } from 'vitest'
import { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForServers, everythingListed, messageOf, modernPost } from '../support/mcp-weir.ts'
import { startWeir } from '../support/weir.ts'

/** A server that answers what it heard of traces in `_meta`. */
function echo(): McpServer {
  const server = new McpServer({ name: 'echo', version: '1.0.0' })
  server.registerTool('trace', { inputSchema: z.object({}) }, (_args, { mcpReq }) => {
    const { traceparent, tracestate } = (mcpReq._meta ?? {}) as Readonly<Record<string, unknown>>
    return { content: [{ type: 'text', text: JSON.stringify({ traceparent, tracestate }) }] }
  })
  return server
}

const fixture = await serveMcpFixture(echo)
const weir = await startWeir(
  configForServers({
    pass: { url: fixture.url, effect: 'read' },
    open: { url: fixture.url, effect: 'read', traceparent: 'open' },
    strip: { url: fixture.url, effect: 'read', traceparent: 'strip' },
  }),
)

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

interface Heard {
  readonly traceparent?: string
  readonly tracestate?: string
}

interface Told {
  readonly run: string
  readonly hop: string
  readonly heard: Heard
}

interface Asking {
  readonly road: 'raw' | 'all'
  readonly server: string
  readonly meta?: Heard
  readonly headers?: Readonly<Record<string, string>>
}

async function ask({ road, server, meta = {}, headers = {} }: Asking): Promise<Told> {
  const name = road === 'raw' ? 'trace' : `${server}_trace`
  const answer = await modernPost(weir, 'alice', {
    method: 'tools/call',
    params: { name, arguments: {} },
    meta,
    headers,
    ...(road === 'raw' ? { server } : { path: '/mcp' }),
  })
  const { result } = (await messageOf(answer)) as { result?: { content?: readonly { text: string }[] } }
  const heard = JSON.parse(result?.content?.[0]?.text ?? '{}') as Heard
  return {
    run: answer.headers.get('weir-run-id') ?? '',
    hop: answer.headers.get('weir-hop-id') ?? '',
    heard,
  }
}

const theirs = `00-${'7'.repeat(32)}-${'8'.repeat(16)}-01`
const roads = ['raw', 'all'] as const

test.each(roads)('on the road %s a trace of somebody else goes on as the message has it', async (road) => {
  await everythingListed(weir, 'alice', 3)
  const said = { traceparent: theirs, tracestate: 'a=b' }
  expect((await ask({ road, server: 'pass', meta: said })).heard).toEqual(said)
  expect((await ask({ road, server: 'strip', meta: said })).heard).toEqual({})
})

test.each(roads)('on the road %s a server in a trace of ours hears of the hop that calls it', async (road) => {
  const { run } = await ask({ road, server: 'pass' })
  const ours = `00-${run.slice(4)}-${'9'.repeat(16)}-01`
  const told = await ask({ road, server: 'pass', meta: { traceparent: ours, tracestate: 'a=b' } })
  expect(told.run).toBe(run)
  expect(told.heard).toEqual({ traceparent: `00-${run.slice(4)}-${told.hop.slice(4)}-01`, tracestate: 'a=b' })
})

test('behind the address of all a server whose row opens traces hears one of the run', async () => {
  const { run, hop, heard } = await ask({ road: 'all', server: 'open' })
  expect(heard).toEqual({ traceparent: `00-${run.slice(4)}-${hop.slice(4)}-01` })
})
