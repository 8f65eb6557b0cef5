/** Real servers of either era behind one address, the official client of either era before it. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { serveNothing } from '../support/mcp-paging.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForServers, everythingListed } from '../support/mcp-weir.ts'
import { until } from '../support/relay.ts'
import { keyOf, startWeir, type Weir } from '../support/weir.ts'

/** Says links to its own things, to what another one has too, and to what only `files` has. */
function serverOf(name: string, tools = 3): () => McpServer {
  return () => {
    const server = new McpServer({ name, version: '1.0.0' }, { instructions: `Use ${name} with care` })
    const links = [`${name}://one`, 'both://1', 'files://one', `${name}://unlisted`, 'https://x.example/1']
    for (let i = 0; i < tools; i += 1) {
      const inputSchema = z.object({ n: z.number() })
      server.registerTool(`tool_${i}`, { description: `Does thing ${i} of ${name}`, inputSchema }, async ({ n }) => ({
        content: [
          { type: 'text' as const, text: `${name} ${i} ${n}` },
          ...links.map((uri) => ({ type: 'resource_link' as const, uri, name: uri })),
        ],
      }))
    }
    for (const uri of [`${name}://one`, 'both://1'])
      server.registerResource(uri, uri, {}, async ({ href }) => ({ contents: [{ uri: href, text: `${name} has it` }] }))
    const complete = { id: () => [`${name}-1`] }
    const template = new ResourceTemplate(`${name}://{id}`, { list: undefined, complete })
    server.registerResource('any', template, {}, async ({ href }) => ({
      contents: [{ uri: href, text: `${name} made it` }],
    }))
    server.registerPrompt('greet', { description: 'Greets' }, async () => ({
      messages: [{ role: 'user', content: { type: 'resource_link', uri: 'both://1', name: 'both' } }],
    }))
    return server
  }
}

async function clientOf(weir: Pick<Weir, 'url'>, era: 'legacy' | 'modern', agent = 'alice'): Promise<Client> {
  const requestInit = { headers: { authorization: `Bearer ${keyOf(agent)}` } }
  const mode = era === 'modern' ? { versionNegotiation: { mode: 'auto' as const } } : {}
  const client = new Client({ name: 'test', version: '1.0.0' }, mode)
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', weir.url), { requestInit }))
  return client
}

test.each(['legacy', 'modern'] as const)(
  'they are one server to a %s client, whichever eras they speak',
  async (era) => {
    await using files = await serveMcpFixture(serverOf('files'), 0, 'legacy')
    await using maps = await serveMcpFixture(serverOf('maps'), 0, 'modern')
    await using hole = await serveNothing()
    const servers = { files: { url: files.url }, maps: { url: maps.url }, hole: { url: hole.url } }
    const weir = await startWeir(configForServers(servers))
    try {
      await everythingListed(weir, 'alice', 6)
      const client = await clientOf(weir, era)
      expect(client.getInstructions()).toContain('[maps] says of itself:\nUse maps with care')
      const { tools, _meta } = await client.listTools()
      expect(tools.map(({ name, title }) => [name, title]).slice(0, 3)).toEqual([
        ['search_tools', 'Search tools'],
        ['files_tool_0', 'tool_0'],
        ['files_tool_1', 'tool_1'],
      ])
      expect(_meta?.['dev.weir/partial']).toMatchObject({ servers: [{ server: 'hole', state: 'missing' }] })
      expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual(['files_greet', 'maps_greet'])
      const uris = ['files://one', 'weir://files/both://1', 'maps://one', 'weir://maps/both://1']
      expect((await client.listResources()).resources.map(({ uri }) => uri).toSorted()).toEqual(uris.toSorted())

      const { content } = await client.callTool({ name: 'maps_tool_2', arguments: { n: 5 } })
      const [said, ...links] = content as readonly { readonly text?: string; readonly uri: string }[]
      expect(said?.text).toBe('maps 2 5')
      expect(links.map(({ uri }) => uri)).toEqual([
        'maps://one',
        'weir://maps/both://1',
        'weir://maps/files://one',
        'maps://unlisted',
        'weir://maps/https://x.example/1',
      ])
      for (const { uri } of [...links.slice(0, 2), ...links.slice(3, 4)]) {
        const { contents } = await client.readResource({ uri })
        expect(contents).toMatchObject([{ uri, text: expect.stringMatching(/^maps (?:has|made) it$/) as string }])
      }
      const { messages } = await client.getPrompt({ name: 'files_greet' })
      expect(messages).toMatchObject([{ content: { uri: 'weir://files/both://1' } }])
      const completed = await client.complete({
        ref: { type: 'ref/resource', uri: 'maps://{id}' },
        argument: { name: 'id', value: '' },
      })
      expect(completed.completion.values).toEqual(['maps-1'])
      expect(await client.callTool({ name: 'maps_tool_2', arguments: { n: 'five' } })).toMatchObject({ isError: true })
      const found = await client.callTool({ name: 'search_tools', arguments: { query: 'thing 1 of maps', limit: 2 } })
      expect(found.structuredContent).toMatchObject({
        tools: [{ name: 'maps_tool_1' }, {}],
        missing: [{ server: 'hole' }],
      })
      await expect(client.callTool({ name: 'hole_x' })).rejects.toThrow()
      await client.close()
    } finally {
      await weir.stop()
    }
  },
)

test.each(['legacy', 'modern'] as const)('a %s client hears of a new tool once it can be listed', async (era) => {
  const running: McpServer[] = []
  const make = serverOf('files', 1)
  const kept = (): McpServer => {
    const server = make()
    running.push(server)
    return server
  }
  await using files = await serveMcpFixture(kept, 0, 'legacy')
  const weir = await startWeir(configForServers({ files: { url: files.url } }))
  try {
    await everythingListed(weir, 'alice', 1)
    const client = await clientOf(weir, era)
    const heard: Promise<readonly string[]>[] = []
    client.setNotificationHandler('notifications/tools/list_changed', () => {
      heard.push(client.listTools().then(({ tools }) => tools.map(({ name }) => name)))
    })
    if (era === 'modern') await client.listen({ toolsListChanged: true })
    await until(() => files.seen.some(({ method }) => method === 'GET'))
    for (const server of running) server.registerTool('more', {}, async () => ({ content: [] }))
    await until(() => heard.length > 0)
    expect(await heard[0]).toEqual(['search_tools', 'files_more', 'files_tool_0'])
    await client.close()
  } finally {
    await weir.stop()
  }
})

test('two clients on one address see each their own tools', async () => {
  await using files = await serveMcpFixture(serverOf('files', 1), 0, 'modern')
  const weir = await startWeir(configForServers({ files: { url: files.url } }))
  try {
    await everythingListed(weir, 'alice', 1)
    const [alice, mallory] = [await clientOf(weir, 'legacy'), await clientOf(weir, 'legacy', 'mallory')]
    const names = async (client: Client): Promise<readonly string[]> =>
      (await client.listTools()).tools.map(({ name }) => name)
    expect(await names(alice)).toEqual(['search_tools', 'files_tool_0'])
    expect(await names(mallory)).toEqual(['search_tools'])
    await expect(mallory.callTool({ name: 'files_tool_0', arguments: { n: 1 } })).rejects.toThrow()
    await expect(mallory.readResource({ uri: 'weir://files/files://one' })).rejects.toThrow()
    await Promise.all([alice.close(), mallory.close()])
  } finally {
    await weir.stop()
  }
})
