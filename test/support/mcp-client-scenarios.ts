/** What the official client does in each scenario of the client suites, whichever way it reaches the server. */
import { Client, type ClientCapabilities, type StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

/** One scenario as the suite starts it. */
export interface Scene {
  readonly scenario: string
  /** Where its server is. */
  readonly url: string
  readonly version: string
  readonly context: SceneContext
}

export interface SceneContext {
  readonly client_id?: string
  readonly client_secret?: string
  readonly issuer?: string
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: Record<string, unknown> }[]
}

/** How a client gets to the server. */
export interface Way {
  transport(): StreamableHTTPClientTransport
  /** Does something that the server may want a person for, and does it again after that. */
  steadily<T>(act: () => Promise<T>): Promise<T>
}

type Play = (scene: Scene, way: Way) => Promise<void>

export async function playScene(scene: Scene, way: Way): Promise<void> {
  const play = plays[scene.scenario] ?? (scene.scenario.startsWith('auth/') ? authorized : null)
  if (play === null) throw new Error(`nobody plays ${scene.scenario}`)
  await play(scene, way)
}

const plays: Readonly<Record<string, Play>> = {
  initialize: listTools,
  tools_call: async (scene, way) => {
    await using client = await connected(scene, way)
    await client.listTools()
    await client.callTool({ name: 'add_numbers', arguments: { a: 5, b: 3 } })
  },
  'elicitation-sep1034-client-defaults': async (scene, way) => {
    await using client = await connected(scene, way, { elicitation: { form: { applyDefaults: true } } })
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }))
    await client.listTools()
    await client.callTool({ name: 'test_client_elicitation_defaults', arguments: {} })
  },
  'sse-retry': async (scene, way) => {
    await using client = await connected(scene, way)
    await client.listTools()
    await client.callTool({ name: 'test_reconnection', arguments: {} })
  },
  'request-metadata': async (scene, way) => {
    await using client = await connected(scene, way, { roots: {}, sampling: {}, elicitation: {} })
    await client.listTools()
  },
  'sep-2322-client-request-state': rounds,
  'http-standard-headers': async (scene, way) => {
    await using client = await connected(scene, way)
    for (const { name } of (await client.listTools()).tools) await client.callTool({ name, arguments: {} })
    for (const { uri } of (await client.listResources()).resources) await client.readResource({ uri })
    for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name })
  },
  'http-custom-headers': async (scene, way) => {
    await using client = await connected(scene, way)
    await client.listTools()
    for (const call of scene.context.toolCalls ?? []) await client.callTool(call)
  },
  'http-invalid-tool-headers': async (scene, way) => {
    await using client = await connected(scene, way)
    const { tools } = await client.listTools()
    for (const { name } of tools) await client.callTool({ name, arguments: { region: 'us-east1' } })
  },
  'json-schema-ref-no-deref': listTools,
  'json-schema-2020-12-preservation': async (scene, way) => {
    await using client = await connected(scene, way)
    const { tools } = await client.listTools()
    const schema = tools.find(({ name }) => name === 'json_schema_2020_12_tool')?.inputSchema
    await client.callTool({ name: 'json_schema_echo', arguments: { schema } })
  },
}

async function listTools(scene: Scene, way: Way): Promise<void> {
  await using client = await connected(scene, way)
  await client.listTools()
}

async function rounds(scene: Scene, way: Way): Promise<void> {
  await using client = await connected(scene, way, { elicitation: { form: {} } })
  client.setRequestHandler('elicitation/create', async () => {
    // While a call waits for its answer another one goes out, which must carry nothing of it.
    await client.callTool({ name: 'test_mrtr_unrelated', arguments: {} })
    return { action: 'accept', content: { confirmed: true } }
  })
  await client.listTools()
  for (const name of ['test_mrtr_echo_state', 'test_mrtr_no_state']) await client.callTool({ name, arguments: {} })
  // The official client takes no result without a type; that it does not ask again is what counts.
  await client.callTool({ name: 'test_mrtr_no_result_type', arguments: {} }).catch(() => null)
}

async function authorized(scene: Scene, way: Way): Promise<void> {
  await using client = await way.steadily(() => connected(scene, way))
  await way.steadily(() => client.listTools())
  await way.steadily(() => client.callTool({ name: 'test-tool', arguments: {} }))
}

type Connected = Client & AsyncDisposable

async function connected({ version }: Scene, way: Way, capabilities: ClientCapabilities = {}): Promise<Connected> {
  const modern = version >= '2026-07-28'
  const versionNegotiation = { mode: modern ? { pin: version } : ('legacy' as const) }
  const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities, versionNegotiation })
  await client.connect(way.transport())
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() })
}
