/** Searches the web. When that fails it asks whoever called it to clarify, which is how the loop begins. */
import { serveAgent } from './serve-agent.ts'

await serveAgent({
  name: 'research',
  description: 'Finds facts on the web.',
  async answer(topic, call) {
    const search = webSearch()
    if (search.status === 200) return search.text
    const clarified = await call('orchestrator', `please clarify: ${topic}`)
    return clarified.refused ? `partial answer without web search: what is known about "${topic}"` : clarified.text
  },
})

/** The tool is down tonight. */
function webSearch(): { readonly status: number; readonly text: string } {
  return { status: 503, text: 'Service Unavailable' }
}
