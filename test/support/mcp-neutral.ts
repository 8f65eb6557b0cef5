/**
 * A tool server whose every handler is written once for both eras: what it asks, it asks as `input_required`, which the
 * SDK turns into requests of the server where there is a session. What it does must look the same whatever stands between.
 */
import {
  completable,
  fromJsonSchema,
  inputRequired,
  inputResponse,
  type JsonSchemaType,
  McpServer,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { given, question, said, states, words } from './mcp-rounds.ts'

export interface NeutralSeen {
  cancelled: number
  waiting: number
}

export function neutralServer(seen: NeutralSeen = { cancelled: 0, waiting: 0 }): McpServer {
  const server = new McpServer(
    { name: 'neutral', version: '2.0.0', title: 'Neutral' },
    {
      capabilities: {
        logging: {},
        completions: {},
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
      },
      instructions: 'Ask it anything, in any era.',
      requestState: { verify: (state, context) => states.verify(state, context) },
    },
  )
  addAnswers(server, seen)
  addQuestions(server)
  addRest(server)
  return server
}

const echoSchema = {
  type: 'object',
  properties: { value: {} },
  required: ['value'],
  'x-unknown': { kept: 1.0 },
}
const sumSchema: JsonSchemaType = { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] }

function addAnswers(server: McpServer, seen: NeutralSeen): void {
  const inputSchema = fromJsonSchema<{ value: unknown }>(JSON.parse(JSON.stringify(echoSchema)) as JsonSchemaType)
  server.registerTool('echo', { description: 'Says it again', inputSchema }, ({ value }) => ({
    content: [words(JSON.stringify(value))],
    _meta: { 'example.org/kept': { deep: [1, 'two', null] } },
  }))
  server.registerTool(
    'sum',
    {
      description: 'Adds',
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: fromJsonSchema<{ sum: number }>(sumSchema),
      annotations: { readOnlyHint: true },
    },
    ({ a, b }) => ({ content: [words(String(a + b))], structuredContent: { sum: a + b } }),
  )
  server.registerTool('fails', { description: 'Fails' }, () => {
    throw new Error('it fails on purpose')
  })
  server.registerTool('steps', { description: 'Tells how far it is, and logs' }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken
    for (const progress of [1, 2, 3]) {
      if (progressToken !== undefined)
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 3 } })
      await mcpReq.log('info', `step ${progress}`)
      await mcpReq.log('debug', `detail of ${progress}`)
    }
    return said('three steps')
  })
  server.registerTool('waits', { description: 'Waits for its end' }, async ({ mcpReq }) => {
    seen.waiting += 1
    await new Promise((resolve) => {
      setTimeout(resolve, 10_000).unref()
      mcpReq.signal.addEventListener('abort', () => resolve((seen.cancelled += 1)))
    })
    return said('waited')
  })
}

const firstName = (context: ServerContext) => given(context, 'name', 'name')

function addQuestions(server: McpServer): void {
  server.registerTool('greets', { description: 'Asks for a name' }, (context) => {
    const answer = inputResponse(context.mcpReq.inputResponses, 'name')
    if (answer.kind === 'missing')
      return inputRequired({ inputRequests: { name: question('What is your name?', 'name') } })
    const name = firstName(context)
    return said(typeof name === 'string' ? `Hello, ${name}!` : 'Nobody wants to be greeted.')
  })
  server.registerTool('thinks', { description: 'Asks a model' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'thought')
    if (answer.kind === 'sampling') return said(`A model says: ${JSON.stringify(answer.result.content)}`)
    const messages = [{ role: 'user' as const, content: words('Think.') }]
    return inputRequired({ inputRequests: { thought: inputRequired.createMessage({ messages, maxTokens: 10 }) } })
  })
  server.registerTool('looks', { description: 'Asks for roots' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'roots')
    if (answer.kind === 'roots') return said(answer.roots.map(({ uri }) => uri).join(' '))
    return inputRequired({ inputRequests: { roots: inputRequired.listRoots() } })
  })
  server.registerTool('asks_twice', { description: 'Asks, and asks again' }, async (context) => {
    const color = given(context, 'color', 'color')
    if (typeof color === 'string') return said(`They like ${color}.`)
    const isSecond = firstName(context) !== undefined
    const requestState = await states.mint({ round: isSecond ? 2 : 1 }, context)
    const name = question('What is your name?', 'name')
    const next = question('What is your favorite color?', 'color')
    return inputRequired({ inputRequests: isSecond ? { color: next } : { name }, requestState })
  })
  server.registerTool('asks_all', { description: 'Asks everything at once' }, async (context) => {
    const { inputResponses } = context.mcpReq
    const kinds = ['name', 'thought', 'roots'].map((key) => inputResponse(inputResponses, key).kind)
    if (!kinds.includes('missing')) return said(kinds.join(' '))
    const messages = [{ role: 'user' as const, content: words('Think.') }]
    return inputRequired({
      inputRequests: {
        name: question('What is your name?', 'name'),
        thought: inputRequired.createMessage({ messages, maxTokens: 10 }),
        roots: inputRequired.listRoots(),
      },
      requestState: await states.mint({ round: 1 }, context),
    })
  })
  server.registerTool('sends_away', { description: 'Asks for a visit to a page' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'visit')
    if (answer.kind !== 'missing') return said('They have been there.')
    const visit = inputRequired.elicitUrl({ message: 'Go there', url: 'https://example.org/visit' })
    return inputRequired({ inputRequests: { visit } })
  })
}

function addRest(server: McpServer): void {
  server.registerResource('note', 'note://1', { description: 'A note' }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'a note' }],
  }))
  const template = new ResourceTemplate('note://of/{who}', {
    list: undefined,
    complete: { who: (value) => ['ada', 'alan', 'grace'].filter((name) => name.startsWith(value)) },
  })
  server.registerResource('notes', template, { description: 'Notes of somebody' }, (uri, { who }) => ({
    contents: [{ uri: uri.href, text: `a note of ${String(who)}` }],
  }))
  server.registerPrompt(
    'welcome',
    {
      description: 'Welcomes',
      argsSchema: z.object({
        who: completable(z.string(), (value) => ['ada', 'alan'].filter((n) => n.startsWith(value))),
      }),
    },
    ({ who }) => ({
      messages: [
        { role: 'user', content: words(`Welcome ${who}`) },
        { role: 'user', content: { type: 'resource', resource: { uri: 'note://1', text: 'a note' } } },
      ],
    }),
  )
  server.registerTool('links', { description: 'Links to a note' }, () => ({
    content: [{ type: 'resource_link', uri: 'note://1', name: 'note' }],
  }))
}
