import { beforeEach, expect, test } from 'vitest'
import { type BehindWorld, behindWorld, resultOf } from '../../../../support/behind-world.ts'

let world: BehindWorld

beforeEach(async () => {
  world = await behindWorld(['files', 'maps', 'vault'], { sets: { desk: { tools: ['files/read'] } } })
  const more = { description: 'Reads the file of a customer', title: 'Read' }
  world.known.set('files', {
    tools: [
      { name: 'read', more },
      { name: 'erase', more: { description: 'Erases a file' } },
    ],
  })
  world.known.set('vault', { tools: [{ name: 'open', more: { description: 'Opens the file of a customer' } }] })
})

async function search(agent: string, args: object, address: object = { kind: 'all' }) {
  const behind = world.behind(world.client(agent), address as { kind: 'all' })
  return resultOf(behind, 'tools/call', { name: 'search_tools', arguments: args })
}

async function names(agent: string, query: string, address?: object): Promise<readonly string[]> {
  const { structuredContent } = await search(agent, { query }, address)
  return (structuredContent as { readonly tools: readonly { readonly name: string }[] }).tools.map(({ name }) => name)
}

test('who searches finds what it may call, by the name it has here, and nothing else', async () => {
  expect(await names('alice', 'file of a customer')).toEqual(['files_read'])
  expect(await names('carol', 'file of a customer')).toEqual(
    expect.arrayContaining(['files_read', 'files_erase', 'vault_open']),
  )
  expect(await names('carol', 'file of a customer', { kind: 'set', set: 'desk' })).toEqual(['files_read'])
})

test('the answer says what was found, and who is missing', async () => {
  const found = await search('alice', { query: 'customer', limit: 1 })
  expect(found['structuredContent']).toMatchObject({
    tools: [{ name: 'files_read', server: 'files', title: 'Read', description: 'Reads the file of a customer' }],
    missing: [{ server: 'maps', state: 'missing' }],
  })
  const [{ text }] = found['content'] as [{ readonly text: string }]
  expect(JSON.parse(text)).toEqual(found['structuredContent'])
  expect(world.links.opened).toEqual([])
})

test.each([
  {},
  { query: '' },
  { query: 7 },
  { query: 'x', limit: 0 },
  { query: 'x', limit: 51 },
  { query: 'x'.repeat(1001) },
])('a search for %j is told what one looks like', async (args) => {
  expect(await search('alice', args)).toMatchObject({ isError: true })
})
