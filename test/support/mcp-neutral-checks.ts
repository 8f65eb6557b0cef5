/** What a client of either era sees of the neutral server: one list of claims for all who may stand between. */
import assert from 'node:assert/strict'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { NeutralSeen } from './mcp-neutral.ts'

export type ClientEra = 'legacy' | 'modern'

export interface NeutralClient extends AsyncDisposable {
  readonly client: Client
  readonly asked: string[]
  readonly logged: unknown[]
  /** How the person answers questions from now on. */
  say: 'accept' | 'decline' | 'cancel'
}

export async function neutralClient(
  url: string,
  era: ClientEra,
  headers: Readonly<Record<string, string>> = {},
): Promise<NeutralClient> {
  const asked: string[] = []
  const logged: unknown[] = []
  const client = new Client(
    { name: 'neutral-client', version: '1.0.0' },
    {
      capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } },
      versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' },
    },
  )
  const self: NeutralClient = {
    client,
    asked,
    logged,
    say: 'accept',
    [Symbol.asyncDispose]: () => client.close(),
  }
  client.setRequestHandler('elicitation/create', ({ params }) => {
    asked.push(`${'url' in params ? 'url' : 'form'}: ${params.message}`)
    if (self.say !== 'accept') return { action: self.say }
    if ('url' in params) return { action: 'accept' }
    const [field = ''] = Object.keys(params.requestedSchema.properties)
    return { action: 'accept', content: { [field]: field === 'color' ? 'green' : 'Ada' } }
  })
  client.setRequestHandler('sampling/createMessage', () => {
    asked.push('sampling')
    return { model: 'a-model', role: 'assistant', content: { type: 'text', text: 'I thought.' } }
  })
  client.setRequestHandler('roots/list', () => {
    asked.push('roots')
    return { roots: [{ uri: 'file:///home/ada', name: 'home' }] }
  })
  client.setNotificationHandler('notifications/message', ({ params }) => void logged.push(params.data))
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
  return self
}

async function textOf(client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> {
  const { content, isError } = await client.callTool({ name, arguments: args })
  assert.equal(isError ?? false, false, JSON.stringify(content))
  return content.map((each) => (each.type === 'text' ? each.text : JSON.stringify(each))).join('\n')
}

/** One claim about what a client sees. `seen` is what the server counts. */
export type NeutralCheck = (self: NeutralClient, seen: NeutralSeen) => Promise<void>

export const neutralChecks: Readonly<Record<string, NeutralCheck>> = {
  'it hears what the server is': async ({ client }) => {
    assert.equal(client.getServerVersion()?.name, 'neutral')
    assert.equal(client.getInstructions(), 'Ask it anything, in any era.')
    const capabilities = client.getServerCapabilities()
    assert.ok(capabilities?.tools && capabilities.prompts && capabilities.resources && capabilities.completions)
  },
  'everything that is listed is seen': async ({ client }) => {
    const names = (await client.listTools()).tools.map(({ name }) => name).toSorted()
    assert.deepEqual(names, neutralTools)
    assert.deepEqual(
      (await client.listPrompts()).prompts.map(({ name }) => name),
      ['welcome'],
    )
    assert.deepEqual(
      (await client.listResources()).resources.map(({ uri }) => uri),
      ['note://1'],
    )
    const { resourceTemplates } = await client.listResourceTemplates()
    assert.deepEqual(
      resourceTemplates.map(({ uriTemplate }) => uriTemplate),
      ['note://of/{who}'],
    )
  },
  'unknown members of a schema are kept': async ({ client }) => {
    const echo = (await client.listTools()).tools.find(({ name }) => name === 'echo')
    assert.deepEqual(echo?.inputSchema['x-unknown'], { kept: 1 })
  },
  'an answer keeps its unknown members': async ({ client }) => {
    const { content, _meta } = await client.callTool({ name: 'echo', arguments: { value: { a: [1, null, 'é'] } } })
    assert.deepEqual(content, [{ type: 'text', text: '{"a":[1,null,"é"]}' }])
    assert.deepEqual(_meta?.['example.org/kept'], { deep: [1, 'two', null] })
  },
  'structured content fits its schema': async ({ client }) => {
    const { structuredContent } = await client.callTool({ name: 'sum', arguments: { a: 2, b: 3 } })
    assert.deepEqual(structuredContent, { sum: 5 })
  },
  'a tool that fails is a result': async ({ client }) => {
    const { isError, content } = await client.callTool({ name: 'fails', arguments: {} })
    assert.equal(isError, true)
    assert.match(JSON.stringify(content), /it fails on purpose/)
  },
  'arguments that do not fit are a result': async ({ client }) => {
    const { isError } = await client.callTool({ name: 'sum', arguments: { a: 'two' } })
    assert.equal(isError, true)
  },
  'a tool that is not there is an error': async ({ client }) => {
    await assert.rejects(client.callTool({ name: 'nothing', arguments: {} }), { code: -32602 })
  },
  'progress comes in its order, before the answer': async ({ client }) => {
    const seen: number[] = []
    const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress)
    const { content } = await client.callTool({ name: 'steps', arguments: {} }, { onprogress })
    assert.deepEqual(content, [{ type: 'text', text: 'three steps' }])
    assert.deepEqual(seen, [1, 2, 3])
  },
  'an answer to a question goes on': async ({ client, asked }) => {
    assert.equal(await textOf(client, 'greets'), 'Hello, Ada!')
    assert.deepEqual(asked, ['form: What is your name?'])
  },
  'a declined question is heard': async (self) => {
    self.say = 'decline'
    assert.equal(await textOf(self.client, 'greets'), 'Nobody wants to be greeted.')
  },
  'a cancelled question is heard': async (self) => {
    self.say = 'cancel'
    assert.equal(await textOf(self.client, 'greets'), 'Nobody wants to be greeted.')
  },
  'a model of the client is asked': async ({ client }) => {
    assert.match(await textOf(client, 'thinks'), /I thought\./)
  },
  'the roots of the client are asked for': async ({ client }) => {
    assert.equal(await textOf(client, 'looks'), 'file:///home/ada')
  },
  'a tool may ask again': async ({ client, asked }) => {
    assert.equal(await textOf(client, 'asks_twice'), 'They like green.')
    assert.equal(asked.length, 2)
  },
  'a tool may ask several things at once': async ({ client, asked }) => {
    assert.equal(await textOf(client, 'asks_all'), 'elicit sampling roots')
    assert.deepEqual(asked.toSorted(), ['form: What is your name?', 'roots', 'sampling'])
  },
  'a page is sent to': async ({ client, asked }) => {
    assert.equal(await textOf(client, 'sends_away'), 'They have been there.')
    assert.deepEqual(asked, ['url: Go there'])
  },
  'many questions at once find their calls': async ({ client }) => {
    const greetings = await Promise.all(Array.from({ length: 8 }, () => textOf(client, 'greets')))
    assert.deepEqual(greetings, Array(8).fill('Hello, Ada!'))
  },
  'a call that is given up is cancelled at the server': async ({ client }, seen) => {
    const before = { ...seen }
    const stop = new AbortController()
    const waiting = client.callTool({ name: 'waits', arguments: {} }, { signal: stop.signal })
    while (seen.waiting === before.waiting) await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort()
    await assert.rejects(waiting)
    while (seen.cancelled === before.cancelled) await new Promise((resolve) => setTimeout(resolve, 5))
  },
  'a resource is read, and one of a template': async ({ client }) => {
    const [note] = (await client.readResource({ uri: 'note://1' })).contents
    assert.deepEqual(note, { uri: 'note://1', mimeType: 'text/plain', text: 'a note' })
    const [ofAda] = (await client.readResource({ uri: 'note://of/ada' })).contents
    assert.deepEqual(ofAda, { uri: 'note://of/ada', text: 'a note of ada' })
  },
  'a resource that is not there is an error': async ({ client }) => {
    await assert.rejects(client.readResource({ uri: 'note://none/at/all' }))
  },
  'a prompt is had, with what it embeds': async ({ client }) => {
    const { messages } = await client.getPrompt({ name: 'welcome', arguments: { who: 'ada' } })
    assert.deepEqual(messages[0]?.content, { type: 'text', text: 'Welcome ada' })
    assert.equal(messages[1]?.content.type, 'resource')
  },
  'arguments are completed, of a prompt and of a template': async ({ client }) => {
    const argument = { name: 'who', value: 'al' }
    const prompt = await client.complete({ ref: { type: 'ref/prompt', name: 'welcome' }, argument })
    assert.deepEqual(prompt.completion.values, ['alan'])
    const template = await client.complete({ ref: { type: 'ref/resource', uri: 'note://of/{who}' }, argument })
    assert.deepEqual(template.completion.values, ['alan'])
  },
  'a link to a resource can be read': async ({ client }) => {
    const { content } = await client.callTool({ name: 'links', arguments: {} })
    const [link] = content
    assert.equal(link?.type, 'resource_link')
    const { contents } = await client.readResource({ uri: link.uri })
    assert.equal(contents[0] && 'text' in contents[0] && contents[0].text, 'a note')
  },
}

const neutralTools = [
  'asks_all',
  'asks_twice',
  'echo',
  'fails',
  'greets',
  'links',
  'looks',
  'sends_away',
  'steps',
  'sum',
  'thinks',
  'waits',
]
