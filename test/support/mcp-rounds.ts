/** Tools that ask between two calls (2026-07-28, multi round-trip requests), and what asking takes. */
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server'

export const words = (text: string) => ({ type: 'text' as const, text })
export const said = (text: string) => ({ content: [words(text)] })

export const states = createRequestStateCodec({ key: 'a key of thirty-two bytes, or more' })

export type Properties = Extract<
  Parameters<ServerContext['mcpReq']['elicitInput']>[0],
  { requestedSchema: unknown }
>['requestedSchema']['properties']

const textField = { type: 'string' as const }

export function question(message: string, name: string, field: Properties[string] = textField) {
  const requestedSchema = { type: 'object' as const, properties: { [name]: field }, required: [name] }
  return inputRequired.elicit({ message, requestedSchema })
}

function prompt(text: string, maxTokens = 100) {
  return inputRequired.createMessage({ messages: [{ role: 'user', content: words(text) }], maxTokens })
}

export function given({ mcpReq }: ServerContext, key: string, name: string): unknown {
  return acceptedContent(mcpReq.inputResponses, key)?.[name]
}

/** Asked between two calls, as the modern era does. */
export function addRounds(server: McpServer): void {
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

export function addMoreRounds(server: McpServer): void {
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
    const envelope: Envelope | undefined = context.mcpReq.envelope
    const can = envelope?.[CLIENT_CAPABILITIES_META_KEY]
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

interface Envelope {
  readonly [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities
}
