/** Whoever reads an answer may be steered by it, so the road hears of it before the first byte of it is handed on. */
import { afterAll, afterEach, expect, test } from 'vitest'
import { RelayBench } from '../support/relay.ts'
import { MemoryReply } from '../support/reply.ts'
import { completedTask, type Script, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'

const bench = new RelayBench({ heartbeat_ms: 20, first_byte_ms: 400 })
const open: ScriptedAgent[] = []

afterEach(async () => {
  for (const agent of open.splice(0)) await agent.stop()
})
afterAll(() => bench.stop())

/** How often the road was told, and what the caller had by then. */
async function told(script: Script, operation: 'send' | 'stream'): Promise<readonly string[]> {
  const agent = await startScriptedAgent(script)
  open.push(agent)
  const reply = new MemoryReply()
  const seen: string[] = []
  bench.watch = { onAnswer: () => void seen.push(reply.text.replaceAll(/:\n\n/g, '')) }
  const trial = operation === 'send' ? bench.unary(agent.url) : bench.stream(agent.url, {}, reply)
  await trial.outcome
  return seen
}

const events: Script = (asked, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const result of [completedTask('one'), completedTask('two')])
    response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: asked.id, result })}\n\n`)
  response.end()
}
const late: Script = async (asked, response) => {
  await new Promise((resolve) => setTimeout(resolve, 100))
  events(asked, response)
}

test.each<[string, 'send' | 'stream', Script]>([
  ['an answer', 'send', () => completedTask('done')],
  ['a stream', 'stream', events],
  ['a stream that was late, with heartbeats of ours before it', 'stream', late],
  ['a whole answer instead of a stream', 'stream', () => completedTask('done')],
])('%s is told once, before any of it', async (_what, operation, script) => {
  expect(await told(script, operation)).toEqual([''])
})

test.each<[string, 'send' | 'stream', Script]>([
  ['silence', 'send', () => new Promise((resolve) => setTimeout(() => resolve(undefined), 1000).unref())],
  ['a refusal of our credentials', 'send', (_asked, response) => void response.writeHead(401).end()],
  ['a page that is no answer', 'stream', (_asked, response) => void response.writeHead(500).end('<html>')],
])('%s is not: nothing of it reaches the caller', async (_what, operation, script) => {
  expect(await told(script, operation)).toEqual([])
})
