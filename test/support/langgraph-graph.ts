/** The agent that the LangGraph server of the tests serves. What the last message says decides what it does. */
import { AIMessage, AIMessageChunk, type AIMessageFields, type BaseMessage } from '@langchain/core/messages'
import { FakeStreamingChatModel } from '@langchain/core/utils/testing'
import { END, interrupt, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'

/** What every answer of a model costs. */
const usage_metadata = { input_tokens: 7, output_tokens: 5, total_tokens: 12 }

function said(text: string): AIMessage {
  return new AIMessage({ content: text, usage_metadata } as AIMessageFields)
}

type Step = (messages: readonly BaseMessage[], signal: AbortSignal | undefined) => Promise<BaseMessage>

const steps: Readonly<Record<string, Step>> = {
  async ask() {
    const answer: unknown = interrupt({ question: 'need approval?' })
    return said(`resumed with ${JSON.stringify(answer)}`)
  },
  async boom() {
    throw new Error('kaboom at /srv/secret.ts')
  },
  async slow(_messages, signal) {
    await new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, 60_000)
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(new Error('aborted'))
      })
    })
    return new AIMessage('slept')
  },
  async pause() {
    await new Promise((resolve) => setTimeout(resolve, 800))
    return said('paused')
  },
  async count(messages) {
    const chunks = ['one ', 'two ', 'three'].map((content) => new AIMessageChunk(content))
    const answer = await new FakeStreamingChatModel({ chunks }).invoke([...messages])
    // Whoever hears the chunks has time to go and to come back.
    await new Promise((resolve) => setTimeout(resolve, 400))
    return answer
  },
}

async function model(
  { messages }: typeof MessagesAnnotation.State,
  { signal }: { readonly signal?: AbortSignal },
): Promise<typeof MessagesAnnotation.Update> {
  const text = messages.at(-1)?.text ?? ''
  const echo: Step = async () => said(`echo: ${text} (n=${messages.length})`)
  return { messages: [await (steps[text] ?? echo)(messages, signal)] }
}

export const graph = new StateGraph(MessagesAnnotation)
  .addNode('model', model)
  .addEdge(START, 'model')
  .addEdge('model', END)
  .compile()
