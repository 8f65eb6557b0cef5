/** `weir mcp stdio` as a process, spoken to line by line. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Message } from './lines.ts'

export const mainFile = join(import.meta.dirname, '..', '..', 'src/main.ts')

export interface Pipe {
  /** Writes lines as they are. */
  write(...lines: readonly (string | object)[]): void
  /** The message of that id, once it is there. */
  answer(id: number | string | null): Promise<Message>
  /** Every line of stdout so far. */
  readonly lines: readonly string[]
  readonly stderr: () => string
  /** Ends stdin; answers the exit code. */
  end(): Promise<number>
}

const answer_ms = 20_000

export function openPipe(args: readonly string[], env: Record<string, string> = {}): Pipe {
  const child = spawn(process.execPath, [mainFile, 'mcp', 'stdio', ...args], { env: { PATH: '/usr/bin:/bin', ...env } })
  const lines: string[] = []
  const messages: Message[] = []
  let heard = Promise.withResolvers<void>()
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    messages.push(JSON.parse(line) as Message)
    heard.resolve()
    heard = Promise.withResolvers()
  })
  return {
    lines,
    stderr: () => stderr,
    write(...said) {
      for (const each of said)
        child.stdin.write(`${typeof each === 'string' ? each : JSON.stringify({ jsonrpc: '2.0', ...each })}\n`)
    },
    async answer(id) {
      const late = setTimeout(
        () => heard.reject(new Error(`no answer to ${id}: ${lines.join('\n')} ${stderr}`)),
        answer_ms,
      )
      for (;;) {
        const found = messages.find((message) => message.id === id && message.method === undefined)
        if (found) {
          clearTimeout(late)
          return found
        }
        await heard.promise
      }
    },
    async end() {
      child.stdin.end()
      const [code] = (await once(child, 'close')) as [number]
      return code
    },
  }
}

const prefix = 'io.modelcontextprotocol/'
const meta = { [`${prefix}protocolVersion`]: '2026-07-28', [`${prefix}clientCapabilities`]: {} }

export function modern(id: number, method: string, params: object = {}): object {
  return { id, method, params: { ...params, _meta: meta } }
}

export function initialize(id: number, version = '2025-11-25'): object {
  const clientInfo = { name: 'scripted', version: '1.0.0' }
  return { id, method: 'initialize', params: { protocolVersion: version, capabilities: {}, clientInfo } }
}
