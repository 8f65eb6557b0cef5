import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { CreateMessageRequestSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, expect, test } from 'vitest'
import { frontWeir } from '../support/front-weir.ts'
import { type Act, text } from '../support/plain-behind.ts'

const form = {
  method: 'elicitation/create',
  params: {
    mode: 'form',
    message: 'Who?',
    requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  },
}
const sample = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Capital?' } }], maxTokens: 10 },
}

const nameIn = (answer: unknown): string => (answer as { content: { name: string } }).content.name

/** Asks and waits, as a legacy server does. */
const waits: Act = async (turn) => {
  const answers = await turn.ask({ who: form })
  const who = answers.get('who')
  if (who?.kind !== 'result') return text(`refused`)
  return text(`waited for ${nameIn(JSON.parse(who.result.toString()))}`)
}
/** Asks in two rounds and lets go, as a modern server does. */
const rests: Act = (turn) => {
  if (turn.resume?.state === 'second')
    return text(
      `${nameIn(turn.resume.answers['who'])} of ${JSON.stringify(turn.resume.answers['model'] ?? null).includes('Paris') ? 'Paris' : 'nowhere'}`,
    )
  if (turn.resume?.state === 'first') return turn.rest({ who: form, model: sample }, 'second')
  return turn.rest({ who: form }, 'first')
}
const samples: Act = async (turn) => {
  const answer = (await turn.ask({ model: sample })).get('model')
  return text(answer?.kind === 'result' ? answer.result.toString() : 'refused')
}
const tells: Act = async (turn) => {
  const { progressToken } = (turn.params['_meta'] ?? {}) as { progressToken?: string | number }
  turn.notice('notifications/message', { level: 'info', data: 'on it' })
  if (progressToken !== undefined)
    for (const progress of [1, 2]) turn.notice('notifications/progress', { progressToken, progress, total: 2 })
  return text('told')
}

const weir = await frontWeir({
  tools: { plain: ({ args }) => text(`hello ${String(args['name'])}`), waits, rests, samples, tells },
  others: {
    'tools/list': () => ({ tools: [{ name: 'plain', inputSchema: { type: 'object' } }] }),
    'resources/read': ({ params }) => ({ contents: [{ uri: params['uri'], text: 'a note' }] }),
  },
})
afterAll(() => weir[Symbol.asyncDispose]())

const who = { name: 'test', version: '1.0.0' }
const capabilities = { elicitation: {}, sampling: {} }
const answerForm = () => ({ action: 'accept' as const, content: { name: 'Ana' } })
const answerModel = () => ({
  role: 'assistant' as const,
  model: 'm',
  content: { type: 'text' as const, text: 'Paris' },
})

async function clientOf(generation: 'v1' | 'v2 legacy' | 'v2 modern', path: string) {
  const url = new URL(path, weir.url)
  const requestInit = { headers: { authorization: 'Bearer alice' } }
  if (generation === 'v1') {
    const client = new ClientV1(who, { capabilities })
    client.setRequestHandler(ElicitRequestSchema, answerForm)
    client.setRequestHandler(CreateMessageRequestSchema, answerModel)
    await client.connect(new TransportV1(url, { requestInit }))
    return client
  }
  const negotiation = generation === 'v2 modern' ? { versionNegotiation: { mode: 'auto' as const } } : {}
  const client = new Client(who, { capabilities, ...negotiation })
  client.setRequestHandler('elicitation/create', answerForm)
  client.setRequestHandler('sampling/createMessage', answerModel)
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }))
  return client
}

const cells = (['v1', 'v2 legacy', 'v2 modern'] as const).flatMap((generation) =>
  ['/mcp', '/mcp/research', '/mcp/s/plain'].map((path) => [generation, path] as const),
)

test.each(cells)('a client %s is served whole at %s', async (generation, path) => {
  const client = await clientOf(generation, path)
  const call = async (name: string, args = {}): Promise<string> => {
    const { content } = await (client as Client).callTool({ name, arguments: args })
    return (content as readonly { text: string }[])[0]?.text ?? ''
  }
  expect(client.getServerVersion()?.name).toBe('plain')
  expect(client.getInstructions()).toBe('Be plain.')
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['plain'])
  expect(await call('plain', { name: 'you' })).toBe('hello you')
  expect(await call('waits')).toBe('waited for Ana')
  expect(await call('rests')).toBe('Ana of Paris')
  expect(await call('samples')).toContain('Paris')
  expect(await client.readResource({ uri: 'note://1' })).toMatchObject({ contents: [{ text: 'a note' }] })
  const told: number[] = []
  const onprogress = ({ progress }: { progress: number }): void => void told.push(progress)
  if (client instanceof ClientV1) await client.callTool({ name: 'tells', arguments: {} }, undefined, { onprogress })
  else await client.callTool({ name: 'tells', arguments: {} }, { onprogress })
  expect(told).toEqual([1, 2])
  await expect(call('nothing')).rejects.toThrow()
  await client.close()
  expect(weir.world.road.runs.list().every((run) => run.open === 0)).toBe(true)
  expect(weir.world.logged.filter((line) => line.includes('bug'))).toEqual([])
})
