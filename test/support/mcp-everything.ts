/** A tool server that has what the conformance suites ask for: every kind of content, of question and of stream. */
import {
  completable,
  fromJsonSchema,
  inputRequired,
  type JsonSchemaType,
  McpServer,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { addMoreRounds, addRounds, given, type Properties, question, said, states, words } from './mcp-rounds.ts'

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='

const image = { type: 'image' as const, data: png, mimeType: 'image/png' }
const embedded = (uri: string, mimeType: string, text: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text },
})
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))

export function everythingServer(): McpServer {
  const server = new McpServer(
    { name: 'everything', version: '1.0.0' },
    {
      capabilities: {
        logging: {},
        completions: {},
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
      },
      requestState: { verify: (state, context) => states.verify(state, context) },
    },
  )
  addContents(server)
  addSchemas(server)
  addStreams(server)
  addQuestions(server)
  addRounds(server)
  addMoreRounds(server)
  addResources(server)
  addPrompts(server)
  return server
}

function addContents(server: McpServer): void {
  server.registerTool('test_simple_text', { description: 'Text' }, () =>
    said('This is a simple text response for testing.'),
  )
  server.registerTool('test_image_content', { description: 'An image' }, () => ({ content: [image] }))
  server.registerTool('test_audio_content', { description: 'A sound' }, () => ({
    content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }],
  }))
  server.registerTool('test_embedded_resource', { description: 'A resource' }, () => ({
    content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  }))
  server.registerTool('test_multiple_content_types', { description: 'Several' }, () => ({
    content: [
      words('Multiple content types test:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  }))
  server.registerTool('test_error_handling', { description: 'Fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
}

/** As text, because it has a member called `then`. */
const richSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "$defs": {
    "address": {
      "$anchor": "addressDef",
      "type": "object",
      "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
    }
  },
  "properties": {
    "name": { "type": "string" },
    "address": { "$ref": "#/$defs/address" },
    "contactMethod": { "type": "string", "enum": ["phone", "email"] },
    "phone": { "type": "string" },
    "email": { "type": "string" }
  },
  "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
  "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
  "then": { "required": ["phone"] },
  "else": { "required": ["email"] },
  "additionalProperties": false
}`

/** Keywords that a gateway might drop, and an argument that is mirrored in a header. */
function addSchemas(server: McpServer): void {
  const inputSchema = fromJsonSchema(JSON.parse(richSchema) as JsonSchemaType)
  server.registerTool('json_schema_2020_12_tool', { description: 'Has a rich schema', inputSchema }, () => said('fits'))
  const region = { type: 'string', 'x-mcp-header': 'Region' }
  const mirrored = fromJsonSchema({ type: 'object', properties: { region }, required: ['region'] })
  server.registerTool('test_custom_headers', { description: 'Has a header', inputSchema: mirrored }, () =>
    said('there'),
  )
}

function addStreams(server: McpServer): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs' }, async ({ mcpReq }) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await mcpReq.log('info', data)
      await pause()
    }
    return said('logged')
  })
  server.registerTool('test_tool_with_progress', { description: 'Tells how far it is' }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } })
      await pause()
    }
    return said('done')
  })
  server.registerTool('test_reconnection', { description: 'Closes its stream' }, async ({ http }) => {
    http?.closeSSE?.()
    await pause()
    return said('Reconnection test completed successfully.')
  })
}

/** Asked in the middle of a call, as the legacy era does. */
function addQuestions(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: 'Asks a model', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const messages = [{ role: 'user' as const, content: words(prompt) }]
      const { content } = await mcpReq.requestSampling({ messages, maxTokens: 100 })
      return said(`LLM response: ${JSON.stringify(content)}`)
    },
  )
  const person = { username: { type: 'string' as const }, email: { type: 'string' as const } }
  server.registerTool(
    'test_elicitation',
    { description: 'Asks a person', inputSchema: z.object({ message: z.string() }) },
    ({ message }, context) => ask(context, message, person, ['username', 'email']),
  )
  server.registerTool('test_elicitation_sep1034_defaults', { description: 'Asks with defaults' }, (context) =>
    ask(context, 'Defaults', {
      name: { type: 'string', default: 'John Doe' },
      age: { type: 'integer', default: 30 },
      score: { type: 'number', default: 95.5 },
      status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
      verified: { type: 'boolean', default: true },
    }),
  )
  const titled = [1, 2, 3].map((n) => ({ const: `value${n}`, title: `Option ${n}` }))
  server.registerTool('test_elicitation_sep1330_enums', { description: 'Asks with choices' }, (context) =>
    ask(context, 'Choices', {
      untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
      titledSingle: { type: 'string', oneOf: titled },
      legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['One', 'Two', 'Three'] },
      untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
      titledMulti: { type: 'array', items: { anyOf: titled } },
    }),
  )
}

async function ask({ mcpReq }: ServerContext, message: string, properties: Properties, required: string[] = []) {
  const requestedSchema = { type: 'object' as const, properties, required }
  const { action, content } = await mcpReq.elicitInput({ message, requestedSchema })
  return said(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`)
}

function addResources(server: McpServer): void {
  const one = (uri: URL, mimeType: string, text: string) => ({ contents: [{ uri: uri.href, mimeType, text }] })
  const plain = { description: 'A text', mimeType: 'text/plain' }
  server.registerResource('static-text', 'test://static-text', plain, (uri) =>
    one(uri, 'text/plain', 'This is the content of the static text resource.'),
  )
  server.registerResource('watched', 'test://watched-resource', plain, (uri) => one(uri, 'text/plain', 'watched'))
  const picture = { description: 'An image', mimeType: 'image/png' }
  server.registerResource('static-binary', 'test://static-binary', picture, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'image/png', blob: png }],
  }))
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined })
  const data = { description: 'Data by id', mimeType: 'application/json' }
  server.registerResource('template', template, data, (uri, { id }) =>
    one(uri, 'application/json', JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` })),
  )
  server.server.setRequestHandler('resources/subscribe', () => ({}))
  server.server.setRequestHandler('resources/unsubscribe', () => ({}))
}

function addPrompts(server: McpServer): void {
  const user = (content: ReturnType<typeof words> | ReturnType<typeof embedded> | typeof image) => ({
    role: 'user' as const,
    content,
  })
  server.registerPrompt('test_simple_prompt', { description: 'Simple' }, () => ({
    messages: [user(words('This is a simple prompt for testing.'))],
  }))
  const city = completable(z.string(), (begun) => ['paris', 'park', 'party'].filter((name) => name.startsWith(begun)))
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'With arguments', argsSchema: z.object({ arg1: city, arg2: z.string() }) },
    ({ arg1, arg2 }) => ({ messages: [user(words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))] }),
  )
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'With a resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        user(embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
        user(words('Please process the embedded resource above.')),
      ],
    }),
  )
  server.registerPrompt('test_prompt_with_image', { description: 'With an image' }, () => ({
    messages: [user(image), user(words('Please analyze the image above.'))],
  }))
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks first' }, (context) => {
    const about = given(context, 'user_context', 'context')
    if (typeof about === 'string') return { messages: [user(words(about))] }
    const user_context = question('What context should the prompt use?', 'context')
    return inputRequired({ inputRequests: { user_context } })
  })
}
