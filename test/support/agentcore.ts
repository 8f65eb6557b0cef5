/**
 * A container as AgentCore runs it, with the app beside this file, and the front of AWS before it: it checks signatures
 * with AWS's own signer, routes by ARN, stops sessions and throttles.
 */
import { spawn } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { SignatureV4 } from '@smithy/signature-v4'
import { answers, type FrameworkServer, freePort } from './langgraph.ts'

export const runtimeArn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my_agent-AbCdEf1234'
export const awsKeys = { region: 'us-west-2', access_key_id: 'AKIDEXAMPLE', secret: 'secret', session: 'tok' } as const

export interface AgentCoreServer extends FrameworkServer {
  /** The container itself, without the front. */
  readonly container: string
  /** Sessions that were stopped. */
  readonly stopped: readonly string[]
}

const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id'
const app = fileURLToPath(new URL('agentcore-app.ts', import.meta.url))

export async function startAgentCore(): Promise<AgentCoreServer> {
  const port = await freePort()
  const child = spawn(process.execPath, [app, String(port)], { stdio: 'ignore' })
  const container = `http://127.0.0.1:${port}`
  const front = new Front(container)
  const url = await front.listen()
  const stop = async () => {
    await front.close()
    if (child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  if (await answers(`${container}/ping`)) return { url, container, stopped: front.stopped, stop }
  await stop()
  throw new Error('the AgentCore app did not start')
}

class Front {
  readonly stopped: string[] = []
  readonly #container: string
  readonly #open = new Map<string, Set<() => void>>()
  readonly #server = createServer((asked, response) => {
    void this.#serve(asked, response).catch(() => response.destroy())
  })

  constructor(container: string) {
    this.#container = container
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #serve(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of asked) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const session = String(asked.headers[sessionHeader])
    if (!(await isSigned(asked, body))) return refuse(response, 403, 'AccessDeniedException')
    const verb = /^\/runtimes\/([^/]+)\/([a-z]+)\?qualifier=DEFAULT$/.exec(asked.url ?? '')
    if (decodeURIComponent(verb?.[1] ?? '') !== runtimeArn) return refuse(response, 404, 'ResourceNotFoundException')
    if (verb?.[2] === 'stopruntimesession') return this.#stop(session, response)
    if (body.includes('"throttle"')) return refuse(response, 429, 'ThrottlingException')
    return this.#pass(asked, body, session, response)
  }

  #stop(session: string, response: ServerResponse): void {
    this.stopped.push(session)
    for (const cut of this.#open.get(session) ?? []) cut()
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }

  #pass(asked: IncomingMessage, body: Buffer, session: string, response: ServerResponse): void {
    const { accept = '', 'content-type': type = '' } = asked.headers
    const custom = Object.entries(asked.headers).filter(([name]) => name.includes('-runtime-custom-'))
    const headers = { ...Object.fromEntries(custom), accept, 'content-type': type, [sessionHeader]: session }
    const inner = request(`${this.#container}/invocations`, { method: 'POST', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    const cut = () => {
      inner.destroy()
      response.destroy()
    }
    const cuts = this.#open.get(session) ?? new Set()
    this.#open.set(session, cuts.add(cut))
    response.on('close', () => {
      cuts.delete(cut)
      inner.destroy()
    })
    inner.on('error', () => response.destroy())
    inner.end(body)
  }
}

function refuse(response: ServerResponse, status: number, name: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': `${name}:http://internal/` })
  response.end(JSON.stringify({ message: `no more about ${name}` }))
}

/** Whether AWS's own signer comes to the same signature over the same headers. */
async function isSigned(asked: IncomingMessage, body: Buffer): Promise<boolean> {
  const { authorization = '', 'x-amz-date': stamp = '', ...rest } = asked.headers
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? []
  const url = new URL(asked.url ?? '/', 'http://front')
  const covered = Object.entries(rest).filter(([name]) => names.includes(name)) as [string, string][]
  const signer = new SignatureV4({
    service: 'bedrock-agentcore',
    region: awsKeys.region,
    credentials: {
      accessKeyId: awsKeys.access_key_id,
      secretAccessKey: awsKeys.secret,
      sessionToken: awsKeys.session,
    },
    sha256: Sha256,
  })
  const signed = await signer.sign(
    {
      method: asked.method ?? '',
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(covered),
      body,
    },
    { signingDate: new Date(String(stamp).replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')) },
  )
  return signed.headers['authorization'] === authorization
}

class Sha256 {
  readonly #hash: { update(data: string | Buffer): unknown; digest(): Buffer }

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Buffer)
  }

  update(data: unknown): void {
    this.#hash.update(data as Buffer)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {}
}
