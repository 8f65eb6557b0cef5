/**
 * A tool server of the first era that answers everything and keeps all it was told: over HTTP+SSE, and as a process, which
 * writes to the file it is given.
 */
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

interface Told {
  readonly id?: number | string
  readonly method?: string
}

/** The answer to one message as JSON text; null for one that wants none. */
export function answerTo(message: string): string | null {
  const { id, method } = JSON.parse(message) as Told
  if (id === undefined || method === undefined) return null
  const results: Readonly<Record<string, unknown>> = {
    initialize: {
      protocolVersion: '2024-11-05',
      capabilities: { tools: {} },
      serverInfo: { name: 'recorder', version: '1' },
    },
    'tools/list': { tools: [{ name: 'echo', description: 'Echoes', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'heard' }] },
  }
  const result = results[method]
  const end = result === undefined ? { error: { code: -32601, message: 'No such method' } } : { result }
  return JSON.stringify({ jsonrpc: '2.0', id, ...end })
}

const file = process.argv[2]
if (import.meta.main && file !== undefined) {
  appendFileSync(file, `${JSON.stringify(process.env)}\n`)
  createInterface({ input: process.stdin }).on('line', (line) => {
    appendFileSync(file, `${line}\n`)
    const answer = answerTo(line)
    if (answer !== null) process.stdout.write(`${answer}\n`)
  })
}
