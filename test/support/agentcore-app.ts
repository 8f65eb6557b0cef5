/** The app inside the AgentCore container of the tests, on the port it is told. What the prompt says decides what it does. */
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime'

interface Asked {
  readonly prompt?: string
}

const usage = { inputTokens: 3, outputTokens: 2 }
const turns = new Map<string, number>()

async function* streamed(prompt: string): AsyncGenerator<{ readonly event?: string; readonly data: unknown }> {
  yield { event: 'message', data: { text: 'one ' } }
  if (prompt === 'break') throw new Error('kaboom at /srv/secret.ts')
  if (prompt === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000))
  yield { event: 'message', data: { text: 'two' } }
  yield { data: { usage } }
}

const app = new BedrockAgentCoreApp({
  invocationHandler: {
    async process(body, { sessionId, headers }) {
      const { prompt = '' } = body as Asked
      if (['stream', 'break', 'hang'].includes(prompt)) return streamed(prompt)
      if (prompt === 'boom') throw new Error('kaboom at /srv/secret.ts')
      if (prompt === 'slow') await new Promise((resolve) => setTimeout(resolve, 800))
      if (prompt === 'token') return headers['x-amzn-bedrock-agentcore-runtime-custom-txn-token'] ?? 'none'
      if (prompt === 'ask') return { question: 'Delete file a?', usage }
      if (prompt === 'data') return { rows: [1, 2] }
      const turn = (turns.get(sessionId) ?? 0) + 1
      turns.set(sessionId, turn)
      return { result: `echo ${prompt} (n=${turn})`, usage }
    },
  },
  config: { logging: { enabled: false } },
})

app.run({ port: Number(process.argv[2]), host: '127.0.0.1' })
