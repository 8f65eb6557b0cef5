/**
 * The frame around every demo agent: an A2A server of the official SDK on a loopback port. An agent is a process
 * of its own; it says where it listens in one JSON line and is told where Weir is by lines on its stdin.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { AgentCard, Message } from '@a2a-js/sdk'
import { AgentEvent, type AgentExecutor, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server'
import { agentCardOf, answerHttp } from './agent-http.ts'
import { type Answered, callThroughWeir, type Credentials } from './call.ts'

/** Calls another agent through Weir, as part of the work that is being done. */
type CallAgent = (agent: string, text: string) => Promise<Answered>

export interface DemoAgent {
  readonly name: string
  readonly description: string
  answer(question: string, call: CallAgent): Promise<string>
}

/** What an agent thinks for before it acts, so that a person can watch. Unit: milliseconds. */
const think_ms = 50

export async function serveAgent(agent: DemoAgent): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const card = agentCardOf(agent, url)
  const handler = new DefaultRequestHandler(AgentCard.fromJSON(card), new InMemoryTaskStore(), executorOf(agent))
  server.on('request', answerHttp(handler, card))
  process.stdout.write(`${JSON.stringify({ url })}\n`)
}

function executorOf(agent: DemoAgent): AgentExecutor {
  const credentials = credentialsFromStdin()
  return {
    async execute({ userMessage, contextId, context }, bus) {
      await new Promise((resolve) => setTimeout(resolve, think_ms))
      const { weir, key } = await credentials()
      // The one duty of an agent behind Weir: hand on the Txn-Token of the call it is serving, and nothing else.
      const headers = context.state.get('headers') as Readonly<Record<string, string | undefined>>
      const call: CallAgent = (name, text) => callThroughWeir({ weir, key, txnToken: headers['txn-token'] }, name, text)
      const question = userMessage.parts
        .map((part) => (part.content?.$case === 'text' ? part.content.value : ''))
        .join(' ')
      const text = await agent.answer(question, call)
      const messageId = crypto.randomUUID()
      bus.publish(AgentEvent.message(Message.fromJSON({ messageId, contextId, role: 'ROLE_AGENT', parts: [{ text }] })))
      bus.finished()
    },
    cancelTask: () => Promise.resolve(),
  }
}

/** The latest line of stdin; the agent ends when its stdin does, so that none outlives the demo. */
function credentialsFromStdin(): () => Promise<Credentials> {
  let latest: Credentials | undefined
  const waiting: ((credentials: Credentials) => void)[] = []
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const told = JSON.parse(line) as Credentials
    latest = told
    for (const resume of waiting.splice(0)) resume(told)
  })
  lines.on('close', () => process.exit(0))
  return () => (latest ? Promise.resolve(latest) : new Promise((resolve) => waiting.push(resolve)))
}
