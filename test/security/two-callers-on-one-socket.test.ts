import { Agent, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { neutralServer } from '../support/mcp-neutral.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForServers, everythingListed } from '../support/mcp-weir.ts'
import { keyOf, startWeir, type Weir } from '../support/weir.ts'

const [files, payroll] = [await serveMcpFixture(() => neutralServer()), await serveMcpFixture(() => neutralServer())]
let weir: Weir
/** Everything here goes over one connection. */
const socket = new Agent({ keepAlive: true, maxSockets: 1 })

beforeAll(async () => {
  weir = await startWeir(configForServers({ files: { url: files.url }, payroll: { url: payroll.url } }))
  await everythingListed(weir, 'alice', 24)
})
afterAll(async () => {
  socket.destroy()
  await weir.stop()
  await files[Symbol.asyncDispose]()
  await payroll[Symbol.asyncDispose]()
})

interface Answer {
  readonly status: number
  readonly session: string | undefined
  readonly port: number | undefined
  readonly message: { readonly result?: Record<string, unknown>; readonly error?: { readonly code: number } }
}

interface Said {
  readonly body?: object
  readonly method?: 'POST' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
}

function say(agent: string, { body, method = 'POST', headers = {} }: Said): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${weir.url}/mcp`,
      {
        agent: socket,
        method,
        headers: {
          authorization: `Bearer ${keyOf(agent)}`,
          accept: 'application/json, text/event-stream',
          ...(body && { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (answer) => {
        const port = answer.socket.localPort
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const data = text.split('\n').findLast((line) => line.startsWith('data: {'))
          const message = (data?.slice(6) ?? text) || '{}'
          const session = answer.headers['mcp-session-id'] as string | undefined
          resolve({ status: answer.statusCode ?? 0, session, port, message: JSON.parse(message) as Answer['message'] })
        })
      },
    )
    asked.on('error', reject)
    asked.end(body && JSON.stringify(body))
  })
}

const version = '2026-07-28'
function modern(agent: string, method: string, params: Record<string, unknown> = {}): Promise<Answer> {
  const prefix = 'io.modelcontextprotocol/'
  const clientCapabilities = { elicitation: { form: {} } }
  const _meta = { [`${prefix}protocolVersion`]: version, [`${prefix}clientCapabilities`]: clientCapabilities }
  const name = params['name']
  return say(agent, {
    body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } },
    headers: {
      'mcp-protocol-version': version,
      'mcp-method': method,
      ...(typeof name === 'string' && { 'mcp-name': name }),
    },
  })
}

function namesIn({ message }: Answer): readonly string[] {
  const tools = (message.result?.['tools'] ?? []) as readonly { readonly name: string }[]
  return tools.map(({ name }) => name)
}

test('one socket shows each caller its own tools, whoever asked just before', async () => {
  const ports = new Set<number | undefined>()
  for (let n = 0; n < 20; n += 1) {
    const [alice, bob] = [await modern('alice', 'tools/list'), await modern('bob', 'tools/list')]
    ports.add(alice.port).add(bob.port)
    expect(namesIn(alice).some((name) => name.includes('payroll'))).toBe(true)
    expect(namesIn(bob).some((name) => name.includes('payroll'))).toBe(false)
    expect(namesIn(bob).some((name) => name.includes('files'))).toBe(true)
  }
  expect(ports.size).toBe(1)
})

test('a tool of a server that a caller may not use answers like one that does not exist', async () => {
  const hidden = namesIn(await modern('alice', 'tools/list')).find((name) => name.includes('payroll')) ?? ''
  const [theirs, missing] = [
    await modern('bob', 'tools/call', { name: hidden, arguments: {} }),
    await modern('bob', 'tools/call', { name: hidden.replace('payroll', 'payrock'), arguments: {} }),
  ]
  expect(theirs.message.error?.code).toBe(-32602)
  expect(theirs.status).toBe(missing.status)
  const without = ({ message }: Answer, name: string): string => JSON.stringify(message).replaceAll(name, 'it')
  expect(without(theirs, hidden)).toBe(without(missing, hidden.replace('payroll', 'payrock')))
})

test('a session in other hands is no session, and its owner still has it', async () => {
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
  }
  const { session = '' } = await say('alice', { body: initialize })
  expect(session).not.toBe('')
  const headers = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }
  const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
  expect((await say('bob', { body: list, headers })).status).toBe(404)
  expect((await say('bob', { method: 'DELETE', headers })).status).toBe(404)
  expect(namesIn(await say('alice', { body: list, headers })).length).toBeGreaterThan(0)
})

test('what a question rests on is worth nothing in other hands, nor for other arguments', async () => {
  const name = namesIn(await modern('alice', 'tools/list')).find((each) => /files.*greets/.test(each)) ?? ''
  const asked = await modern('alice', 'tools/call', { name, arguments: {} })
  expect(asked.message.result).toMatchObject({ resultType: 'input_required' })
  const { requestState, inputRequests } = asked.message.result as {
    readonly requestState?: string
    readonly inputRequests: Readonly<Record<string, unknown>>
  }
  const [key = ''] = Object.keys(inputRequests)
  const inputResponses = { [key]: { action: 'accept', content: { name: 'Ada' } } }
  const retry = { name, arguments: {}, inputResponses, ...(requestState && { requestState }) }
  expect(requestState).toBeTypeOf('string')
  expect((await modern('bob', 'tools/call', retry)).message.error?.code).toBe(-32602)
  const other = { ...retry, arguments: { more: 1 } }
  expect((await modern('alice', 'tools/call', other)).message.error?.code).toBe(-32602)
  const forged = { ...retry, requestState: `${requestState?.slice(0, -2)}AA` }
  expect((await modern('alice', 'tools/call', forged)).message.error?.code).toBe(-32602)
  expect((await modern('alice', 'tools/call', retry)).message.result).toMatchObject({
    content: [{ text: 'Hello, Ada!' }],
  })
})
