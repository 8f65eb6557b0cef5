/** Links to servers of the official SDK, of either era and of both. */
import { expect, it } from 'vitest'
import type { McpServer } from '@modelcontextprotocol/server'
import { nothing } from '../../src/relay/mcp/listeners.ts'
import { everythingServer } from '../support/mcp-everything.ts'
import {
  asking,
  askOver,
  calling,
  listener,
  openLinksTo,
  permit,
  plainSpeaker,
  resultOf,
  textOf,
} from '../support/mcp-links.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { filesServer } from '../support/mcp-weir.ts'
import { until } from '../support/relay.ts'

const eras = ['legacy', 'modern'] as const

for (const server of eras)
  for (const client of eras)
    it(`a ${client} client reaches a ${server} server`, async () => {
      await using fixture = await serveMcpFixture(everythingServer, 0, server)
      await using bench = openLinksTo(fixture.url)
      const link = await bench.link(client)
      expect(link.about.era).toBe(server)
      expect(String(link.about.serverInfo)).toContain('everything')
      const listed = await resultOf(askOver(link, asking('tools/list')))
      expect((listed['tools'] as unknown[]).length).toBeGreaterThan(10)
      const said = await resultOf(askOver(link, calling('test_simple_text')))
      expect(textOf(said)).toBe('This is a simple text response for testing.')
    })

it.each(eras)('a server of both eras is spoken to in that of its client: %s', async (era) => {
  await using fixture = await serveMcpFixture(everythingServer)
  await using bench = openLinksTo(fixture.url)
  expect((await bench.link(era)).about.era).toBe(era)
})

it.each(eras)('progress comes back with the token of the client: %s', async (era) => {
  await using fixture = await serveMcpFixture(everythingServer, 0, era)
  await using bench = openLinksTo(fixture.url)
  const link = await bench.link('modern')
  const asked = (progressToken: string | number) =>
    askOver(link, asking('tools/call', { name: 'test_tool_with_progress', arguments: {}, _meta: { progressToken } }))
  const [one, two] = [asked('mine'), asked(7)]
  await Promise.all([resultOf(one), resultOf(two)])
  const tokens = [one, two].map(({ notices }) =>
    notices.map(({ params }) => (params as { progressToken: unknown }).progressToken),
  )
  expect(tokens).toEqual([
    ['mine', 'mine', 'mine'],
    [7, 7, 7],
  ])
})

it.each(eras)('log messages come from the level on that the request names: %s', async (era) => {
  await using fixture = await serveMcpFixture(everythingServer, 0, era)
  await using bench = openLinksTo(fixture.url)
  const link = await bench.link('legacy')
  const heard = [null, 'error', 'info'].map((logLevel) =>
    askOver(link, calling('test_tool_with_logging', {}, { logLevel })),
  )
  await Promise.all(heard.map(resultOf))
  expect(heard.map(({ notices }) => notices.length)).toEqual([0, 0, 3])
})

const person = { action: 'accept', content: { username: 'ann', email: 'ann@x.org', name: 'ann' } }
const respond = (method: string): object =>
  method === 'elicitation/create'
    ? person
    : method === 'roots/list'
      ? { roots: [{ uri: 'file:///a' }] }
      : { role: 'assistant', model: 'm', content: { type: 'text', text: 'Paris' } }

it('a legacy server asks in the middle of a call', async () => {
  await using fixture = await serveMcpFixture(everythingServer, 0, 'legacy')
  await using bench = openLinksTo(fixture.url)
  const link = await bench.link('modern')
  const elicited = await resultOf(askOver(link, calling('test_elicitation', { message: 'who?' }), respond))
  expect(textOf(elicited)).toContain('action=accept')
  const sampled = await resultOf(askOver(link, calling('test_sampling', { prompt: 'capital?' }), respond))
  expect(textOf(sampled)).toContain('Paris')
})

it('a modern server rests and goes on with the answers', async () => {
  await using fixture = await serveMcpFixture(everythingServer, 0, 'modern')
  await using bench = openLinksTo(fixture.url)
  const link = await bench.link('legacy')
  const tool = 'test_input_required_result_multiple_inputs'
  const ask = await askOver(link, calling(tool)).end
  if (!('rests' in ask)) throw new Error('it did not rest')
  expect([...ask.questions.keys()].toSorted()).toEqual(['client_roots', 'greeting', 'user_name'])
  const answers = new Map(
    [...ask.questions].map(([key, { method }]) => [key, Buffer.from(JSON.stringify(respond(method)))]),
  )
  const said = await resultOf(askOver(link, calling(tool, {}, { resume: { state: ask.state, answers } })))
  expect(textOf(said)).toBe('All of them are here.')
})

it.each(eras)('who cancels is heard by the server and hears nothing more: %s', async (era) => {
  const waits = { begun: 0, aborted: 0 }
  await using fixture = await serveMcpFixture(() => filesServer(waits), 0, era)
  await using bench = openLinksTo(fixture.url)
  const heard = askOver(await bench.link(era), calling('wait'))
  await until(() => waits.begun === 1)
  heard.talk.cancel('nobody waits')
  await until(() => waits.aborted === 1)
  expect(heard.ends).toEqual([])
})

it('a stream that a server closes before it answers is asked for again', async () => {
  await using fixture = await serveMcpFixture(everythingServer, 0, 'legacy')
  await using bench = openLinksTo(fixture.url)
  const heard = askOver(
    await bench.link('legacy', plainSpeaker({ capabilities: Buffer.from('{}') })),
    calling('test_reconnection'),
  )
  expect(textOf(await resultOf(heard))).toBe('Reconnection test completed successfully.')
  expect(heard.ends).toHaveLength(1)
  expect(fixture.seen.some(({ method, headers }) => method === 'GET' && 'last-event-id' in headers)).toBe(true)
})

it('an argument that is mirrored in a header crosses', async () => {
  await using fixture = await serveMcpFixture(everythingServer, 0, 'modern')
  await using bench = openLinksTo(fixture.url)
  const mirrors = [{ header: 'Region', path: ['region'] }]
  const heard = askOver(await bench.link('legacy'), calling('test_custom_headers', { region: 'Zürich ' }, { mirrors }))
  expect(textOf(await resultOf(heard))).toBe('there')
})

it.each(eras)('many who listen are one to the server: %s', async (era) => {
  const servers: McpServer[] = []
  const make = (): McpServer => {
    const server = everythingServer()
    servers.push(server)
    return server
  }
  await using fixture = await serveMcpFixture(make, 0, era)
  await using bench = openLinksTo(fixture.url)
  const link = await bench.link(era)
  const [one, two] = [listener(), listener()]
  const wants = { ...nothing, toolsListChanged: true }
  link.listen(permit, wants, one.hearer)
  const second = link.listen(permit, { ...nothing, resources: ['test://watched-resource'] }, two.hearer)
  const listens = () =>
    fixture.seen.filter(({ method, body }) => method === 'GET' || body.includes('subscriptions/listen'))
  await until(() => listens().length > 0)
  const change = setInterval(() => {
    for (const server of servers) server.sendToolListChanged()
    fixture.notify.toolsChanged()
  }, 20)
  await until(() => one.notices.length > 0)
  clearInterval(change)
  expect(one.notices[0]).toContain('notifications/tools/list_changed')
  expect(two.notices).toEqual([])
  expect(listens()).toHaveLength(1)
  second.close()
  if (era === 'legacy') await until(() => fixture.seen.some(({ body }) => body.includes('resources/unsubscribe')))
  else await until(() => listens().length === 2)
})
