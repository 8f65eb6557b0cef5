import { expect, test } from 'vitest'
import type { ServersAddress } from '../../../../../src/pipeline/mcp/behind.ts'
import {
  type BehindWorld,
  behindWorld,
  type ClientOf,
  errorCodeOf,
  resultOf,
} from '../../../../support/behind-world.ts'

const many = Array.from({ length: 60 }, (_, i) => `tool_${String(i).padStart(2, '0')}`)
const all: ServersAddress = { kind: 'all' }

async function world(): Promise<BehindWorld> {
  const sets = { one: { servers: ['a'] } }
  const made = await behindWorld(['a', 'b', 'c'], { sets }, { maximums: { mcp_list_bytes: 1024 } })
  for (const server of ['a', 'b', 'c']) made.known.set(server, { tools: many })
  return made
}

interface Page {
  readonly tools: readonly { readonly name: string }[]
  readonly nextCursor?: string
}

interface Asking extends ClientOf {
  readonly agent?: string
  readonly address?: ServersAddress
  readonly cursor?: string
}

function behindOf(made: BehindWorld, { agent = 'alice', address = all, ...of }: Asking) {
  return made.behind(made.client(agent, of), address)
}

async function page(made: BehindWorld, asking: Asking = {}): Promise<Page> {
  const { cursor } = asking
  return (await resultOf(
    behindOf(made, asking),
    'tools/list',
    cursor === undefined ? {} : { cursor },
  )) as unknown as Page
}

async function walk(made: BehindWorld): Promise<readonly string[]> {
  const names: string[] = []
  let cursor: string | undefined
  do {
    const { tools, nextCursor } = await page(made, cursor === undefined ? {} : { cursor })
    names.push(...tools.map(({ name }) => name))
    cursor = nextCursor
  } while (cursor !== undefined)
  return names
}

test('walking from page to page shows everything once, in the same order every time', async () => {
  const made = await world()
  const names = await walk(made)
  expect(names).toHaveLength(181)
  expect(new Set(names).size).toBe(181)
  expect(await walk(made)).toEqual(names)
})

test('all on one page where it is large enough', async () => {
  const made = await behindWorld(['a', 'b'])
  for (const server of ['a', 'b']) made.known.set(server, { tools: many })
  expect(await page(made)).not.toHaveProperty('nextCursor')
})

test('a cursor is one of its caller, address, list and state, and of nobody and nothing else', async () => {
  const made = await world()
  const cursor = (await page(made, { person: 'user:ann' })).nextCursor ?? ''
  expect(await page(made, { person: 'user:ann', cursor })).toHaveProperty('tools')
  const others: readonly Asking[] = [
    { person: 'user:ann', agent: 'bob' },
    { person: 'user:ben' },
    {},
    { person: 'user:ann', address: { kind: 'set', set: 'one' } },
    { person: 'user:ann', address: { kind: 'server', server: 'a' } },
  ]
  for (const other of others) expect(await errorCodeOf(behindOf(made, other), 'tools/list', { cursor })).toBe(-32602)
  const own = behindOf(made, { person: 'user:ann' })
  expect(await errorCodeOf(own, 'resources/list', { cursor })).toBe(-32602)
  for (const wrong of ['', 'x', 7, `${cursor}A`, cursor.slice(1)]) {
    expect(await errorCodeOf(own, 'tools/list', { cursor: wrong })).toBe(-32602)
  }
  made.known.set('b', { tools: many })
  expect(await errorCodeOf(own, 'tools/list', { cursor })).toBe(-32602)
})
