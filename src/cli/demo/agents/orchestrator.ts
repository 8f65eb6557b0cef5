/** Takes a question and gives it to whoever can answer it. It does not know that it is being called in a circle. */
import { serveAgent } from './serve-agent.ts'

await serveAgent({
  name: 'orchestrator',
  description: 'Answers questions with the help of other agents.',
  async answer(question, call) {
    const topic = question.replace(/^please clarify: /, '')
    const found = await call('research', topic)
    return found.refused ? `partial answer, research was not possible: ${topic}` : found.text
  },
})
