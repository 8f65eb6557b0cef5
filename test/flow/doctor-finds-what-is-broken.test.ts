/** `weir agent doctor` on agents that do what agents must not: each is told for what it is, and none holds the doctor. */
import { execFile } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { examined } from '../support/doctor.ts'
import { freePort } from '../support/langgraph.ts'
import { completedTask, type Script, startScriptedAgent } from '../support/scripted-agent.ts'
import { startSdkAgent } from '../support/sdk-agent.ts'
import { tempConfig } from '../support/temp-config.ts'

const main = join(import.meta.dirname, '..', '..', 'src/main.ts')
const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function scripted(script: Script): Promise<string> {
  const agent = await startScriptedAgent(script)
  open.push(() => agent.stop())
  return agent.url
}

/** Answers every path and method by hand. */
async function served(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function refuse(response: ServerResponse, id: unknown, code: number, message: string): undefined {
  response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }))
}

const known: Script = (asked, response) =>
  asked.method === 'GetTask' ? refuse(response, asked.id, -32001, 'Task not found') : completedTask('done')

test('a web page, a silent server and one that hangs up are three different problems', async () => {
  const page = await served((_request, response) => void response.end('<html><b>It works!</b></html>'))
  const silent = await served(() => {})
  const rude = await served((request) => void request.socket.destroy())
  const looks = await Promise.all([page, silent, rude].map((url) => examined({ url }, { timeout_ms: 300 })))
  expect(looks.map(({ verdict }) => verdict)).toEqual(['broken', 'broken', 'broken'])
  const [first, second, third] = looks.map(({ of }) => of('dialect (1.0 jsonrpc)').seen)
  expect(first).toContain('It works!')
  expect(first).not.toContain('<b>')
  expect(second).toContain('first_byte_timeout')
  expect(third).toContain('reset')
})

test('where nothing listens nothing more is asked', async () => {
  const port = await freePort()
  const { verdict, findings, of } = await examined({ url: `http://127.0.0.1:${port}/` })
  expect([verdict, findings.length]).toEqual(['broken', 1])
  expect(of('connection')).toMatchObject({ seen: 'ECONNREFUSED', keys: ['url', 'instances'] })
})

test('a version that is refused and a credential that is not taken name the keys to change', async () => {
  const other = await scripted((asked, response) => refuse(response, asked.id, -32009, 'only 2.0'))
  expect((await examined({ url: other })).of('dialect (1.0 jsonrpc)')).toMatchObject({
    result: 'problem',
    keys: ['versions', 'interfaces'],
  })
  const closed = await served((_request, response) => void response.writeHead(401).end())
  expect((await examined({ url: closed })).of('dialect (1.0 jsonrpc)').keys).toContain('headers')
})

test('an agent that repeats its credential in an error does not get it printed', async () => {
  const secret = 'sk-very-secret-value-0123456789'
  const url = await served((request, response) => {
    const message = `the header ${request.headers['authorization']} is not welcome`
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32603, message } }))
  })
  const checkup = await examined({ url, headers: { authorization: `Bearer ${secret}` } }, { message: null })
  expect(checkup.of('dialect (1.0 jsonrpc)').seen).toContain('[secret]')
  expect(JSON.stringify(checkup)).not.toContain('sk-very')
})

test('a token is obtained as in a call, and not printed', async () => {
  const token = 'token-of-weir-itself-0123456789'
  const url = await served((request, response) => {
    response.setHeader('content-type', 'application/json')
    const { authorization } = request.headers
    const error = { code: -32001, message: `Task not found by ${authorization}` }
    const granted = { access_token: token, token_type: 'Bearer', expires_in: 60 }
    const knows = request.url === '/token' || authorization === `Bearer ${token}`
    if (!knows) response.statusCode = 401
    response.end(JSON.stringify(request.url === '/token' ? granted : { jsonrpc: '2.0', id: 1, error }))
  })
  const credential = {
    mode: 'client_credentials',
    token_endpoint: `${url}token`,
    client_id: 'weir',
    client_secret: 'a-secret-of-weir',
  }
  const checkup = await examined({ url, credential }, { message: null })
  expect(checkup.results['dialect (1.0 jsonrpc)']).toBe('ok')
  expect(JSON.stringify(checkup)).not.toContain('token-of')
})

test('a stream that does not close, breaks off or is none is made up for', async () => {
  const working = { task: { id: 't1', contextId: 'c1', status: { state: 'TASK_STATE_WORKING' } } }
  const event = (id: unknown, result: unknown): string => `data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`
  const streaming = async (stream: (id: unknown, response: ServerResponse) => void): Promise<string> =>
    await scripted((asked, response) => {
      if (asked.method !== 'SendStreamingMessage') return known(asked, response)
      response.setHeader('content-type', 'text/event-stream')
      stream(asked.id, response)
      return undefined
    })
  const lasting = await streaming((id, response) => void response.write(event(id, completedTask('done'))))
  const broken = await streaming((id, response) => response.write(event(id, working), () => response.destroy()))
  const whole = await scripted(known)
  const [first, second, third] = await Promise.all(
    [lasting, broken, whole].map(async (url) => (await examined({ url })).of('stream (1.0 jsonrpc)')),
  )
  expect(first).toMatchObject({ result: 'emulated', advice: expect.stringContaining('does not close') as string })
  expect(second).toMatchObject({ result: 'emulated', advice: expect.stringContaining('breaks off') as string })
  expect(third).toMatchObject({ result: 'emulated', advice: expect.stringContaining('one piece') as string })
})

test('an agent without streams is asked again and again, and who knows that is told how to say so', async () => {
  const url = await scripted((asked, response) => {
    if (asked.method !== 'SendStreamingMessage') return known(asked, response)
    return refuse(response, asked.id, -32004, 'no streams')
  })
  expect((await examined({ url })).of('stream (1.0 jsonrpc)')).toMatchObject({ result: 'emulated', keys: ['streams'] })
  expect((await examined({ url, streams: false })).of('stream (1.0 jsonrpc)').seen).toContain('not asked')
})

test('every instance is reached, and only the first that can be is made to work', async () => {
  const port = await freePort()
  const [one, two] = [await startSdkAgent('one', ['a']), await startSdkAgent('two', ['a'])]
  open.push(
    () => one.stop(),
    () => two.stop(),
  )
  const instances = [`http://127.0.0.1:${port}/`, one.url, two.url].map((url) => ({ url }))
  const { verdict, findings } = await examined({ instances, shared_task_store: true })
  expect(verdict).toBe('broken')
  expect(findings.filter(({ check }) => check === 'connection').map(({ result }) => result)).toEqual([
    'problem',
    'ok',
    'ok',
  ])
  expect(findings.filter(({ check }) => check === 'send')).toHaveLength(1)
  expect(two.heard).toHaveLength(1)
})

test('the command ends with 3 for an agent that is broken, and says it to machines as one object', async () => {
  const url = await served((_request, response) => void response.end('hello'))
  const gateway = { listen: '127.0.0.1:0', admin_listen: '127.0.0.1:0' }
  await using config = await tempConfig(JSON.stringify({ gateway, agents: { patient: { url } } }))
  const ran = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const args = [main, 'agent', 'doctor', 'patient', '--config', config.path, '--json', '--timeout', '2']
    execFile(process.execPath, args, (error, stdout, stderr) => resolve({ code: error?.code, stdout, stderr }))
  })
  expect(ran.code).toBe(3)
  expect(JSON.parse(ran.stdout)).toMatchObject({
    schema: 'weir.agent-doctor/v1',
    agent: 'agent:patient',
    kind: 'a2a',
    verdict: 'broken',
  })
  expect(ran.stderr).toContain('... card')
}, 30_000)
