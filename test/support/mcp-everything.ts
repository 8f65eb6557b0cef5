/** A tool server that has what the conformance suites ask for: every kind of content, of question and of stream. */
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  completable,
  createRequestStateCodec,
  fromJsonSchema,
  inputRequired,
  inputResponse,
  McpServer,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='

const words = (text: string) => ({ type: 'text' as const, text })
const said = (text: string) => ({ content: [words(text)] })
const image = { type: 'image' as const, data: png, mimeType: 'image/png' }
const embedded = (uri: string, mimeType: string, text: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text },
})
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))

const states = createRequestStateCodec({ key: 'a key of thirty-two bytes, or more' })

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

/** Keywords that a gateway might drop, and an argument that is mirrored in a header. */
function addSchemas(server: McpServer): void {
  const inputSchema = fromJsonSchema({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: {
      address: {
        $anchor: 'addressDef',
        type: 'object',
        properties: { street: { type: 'string' }, city: { type: 'string' } },
      },
    },
    properties: {
      name: { type: 'string' },
      address: { $ref: '#/$defs/address' },
      contactMethod: { type: 'string', enum: ['phone', 'email'] },
      phone: { type: 'string' },
      email: { type: 'string' },
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    then: { required: ['phone'] },
    else: { required: ['email'] },
    additionalProperties: false,
  })
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

type Properties = Extract<
  Parameters<ServerContext['mcpReq']['elicitInput']>[0],
  { requestedSchema: unknown }
>['requestedSchema']['properties']

async function ask({ mcpReq }: ServerContext, message: string, properties: Properties, required: string[] = []) {
  const requestedSchema = { type: 'object' as const, properties, required }
  const { action, content } = await mcpReq.elicitInput({ message, requestedSchema })
  return said(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`)
}

const textField = { type: 'string' as const }

function question(message: string, name: string, field: Properties[string] = textField) {
  const requestedSchema = { type: 'object' as const, properties: { [name]: field }, required: [name] }
  return inputRequired.elicit({ message, requestedSchema })
}

function prompt(text: string, maxTokens = 100) {
  return inputRequired.createMessage({ messages: [{ role: 'user', content: words(text) }], maxTokens })
}

function given({ mcpReq }: ServerContext, key: string, name: string): unknown {
  return acceptedContent(mcpReq.inputResponses, key)?.[name]
}

/** Asked between two calls, as the modern era does. */
function addRounds(server: McpServer): void {
  server.registerTool('test_input_required_result_elicitation', { description: 'Asks for a name' }, (context) => {
    const name = given(context, 'user_name', 'name')
    if (typeof name === 'string') return said(`Hello, ${name}!`)
    return inputRequired({ inputRequests: { user_name: question('What is your name?', 'name') } })
  })
  server.registerTool('test_input_required_result_sampling', { description: 'Asks a model' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'capital_question')
    if (answer.kind === 'sampling') return said(JSON.stringify(answer.result.content))
    return inputRequired({ inputRequests: { capital_question: prompt('What is the capital of France?') } })
  })
  server.registerTool('test_input_required_result_list_roots', { description: 'Asks for roots' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots')
    if (answer.kind === 'roots') return said(`Roots: ${JSON.stringify(answer.roots)}`)
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
  })
  const withState = async (context: ServerContext) => {
    const ok = given(context, 'confirm', 'ok')
    if (ok !== undefined && context.mcpReq.requestState() !== undefined) return said('state-ok')
    const requestState = await states.mint({ round: 1 }, context)
    return inputRequired({
      inputRequests: { confirm: question('Please confirm', 'ok', { type: 'boolean' }) },
      requestState,
    })
  }
  for (const name of ['request_state', 'tampered_state'])
    server.registerTool(`test_input_required_result_${name}`, { description: 'Keeps its state' }, withState)
}

function addMoreRounds(server: McpServer): void {
  server.registerTool('test_input_required_result_multiple_inputs', { description: 'Asks all' }, async (context) => {
    const { inputResponses } = context.mcpReq
    const kinds = ['user_name', 'greeting', 'client_roots'].map((key) => inputResponse(inputResponses, key).kind)
    if (!kinds.includes('missing')) return said('All of them are here.')
    const requestState = await states.mint({ round: 1 }, context)
    const inputRequests = {
      user_name: question('What is your name?', 'name'),
      greeting: prompt('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    }
    return inputRequired({ inputRequests, requestState })
  })
  server.registerTool('test_input_required_result_multi_round', { description: 'Asks twice' }, async (context) => {
    if (given(context, 'step2', 'color') !== undefined) return said('Both steps are done.')
    const second = given(context, 'step1', 'name') !== undefined
    const requestState = await states.mint({ round: second ? 2 : 1 }, context)
    const step1 = question('Step 1: What is your name?', 'name')
    const step2 = question('Step 2: What is your favorite color?', 'color')
    return inputRequired({ inputRequests: second ? { step2 } : { step1 }, requestState })
  })
  server.registerTool('test_input_required_result_capabilities', { description: 'Asks what it may' }, (context) => {
    const can = (context.mcpReq.envelope as Envelope | undefined)?.[CLIENT_CAPABILITIES_META_KEY]
    const inputRequests = {
      ...(can?.elicitation && { user_name: question('What is your name?', 'name') }),
      ...(can?.sampling && { greeting: prompt('Generate a greeting') }),
    }
    return Object.keys(inputRequests).length === 0 ? said('There is nothing to ask.') : inputRequired({ inputRequests })
  })
  server.registerTool('test_missing_capability', { description: 'Needs sampling' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'greeting')
    return answer.kind === 'missing' ? inputRequired({ inputRequests: { greeting: prompt('Greet') } }) : said('greeted')
  })
  server.registerTool('test_streaming_elicitation', { description: 'Asks on a stream' }, async (context) => {
    await context.mcpReq.log('info', 'about to ask')
    const name = given(context, 'user_name', 'name')
    if (typeof name === 'string') return said(`Hello, ${name}!`)
    return inputRequired({ inputRequests: { user_name: question('What is your name?', 'name') } })
  })
  server.registerTool('test_logging_tool', { description: 'Logs' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'logged')
    return said('logged')
  })
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

interface Envelope {
  readonly [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities
}
