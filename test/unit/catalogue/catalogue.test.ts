import { expect, onTestFinished, test } from 'vitest'
import type { Page } from '../../../src/catalogue/contract.ts'
import { openTestCatalogue, page, settled, tool } from '../../support/catalogue.ts'

async function open(...given: Parameters<typeof openTestCatalogue>) {
  const opened = await openTestCatalogue(...given)
  onTestFinished(() => opened.catalogue.close())
  return opened
}

test('every page of every list is read at the start, the empty cursor among them, in the order of the names', async () => {
  const pages: Readonly<Record<string, Page>> = {
    '-': page('tools', [tool('c')], ''),
    '': page('tools', [tool('a')], 'more'),
    more: page('tools', [tool('b')]),
  }
  const { catalogue, asked } = await open({
    files: (_server, list, cursor) =>
      Promise.resolve(list === 'tools' ? (pages[cursor ?? '-'] ?? page('tools', [])) : { kind: 'absent' as const }),
  })
  const { tools, health, version } = catalogue.listing('files')
  expect(tools.map(({ name, exposed, state }) => [name, exposed, state])).toEqual([
    ['a', 'files_a', 'approved'],
    ['b', 'files_b', 'approved'],
    ['c', 'files_c', 'approved'],
  ])
  expect(health.state).toBe('fresh')
  expect(version).toBe(1)
  expect(asked).toHaveLength(6)
})

test('a tool promises the structure that its definition names, and none where it names none', async () => {
  const outputSchema = { type: 'object', required: ['n'] }
  const { catalogue } = await open({ files: { tools: [tool('said', { outputSchema }), tool('free')] } })
  const [free, said] = catalogue.listing('files').tools
  expect(free && catalogue.promiseOf(free)).toBeNull()
  const misfit = said && catalogue.promiseOf(said)
  expect(misfit?.(Buffer.from('{"n":1}'))).toBeNull()
  expect(misfit?.(Buffer.from('{}'))).toBe('The member n is required.')
})

test.each<readonly [string, (cursor: string | null) => Page, RegExp]>([
  ['a cursor that comes again', () => page('tools', [tool('a')], 'x'), /a cursor came a second time/],
  ['pages without end', (cursor) => page('tools', [], `${Number(cursor ?? 0) + 1}`), /more than 1000 pages/],
  ['a cursor that is no text', () => ({ kind: 'page', result: Buffer.from('{"tools":[],"nextCursor":1}') }), /no text/],
  ['a page without the list', () => ({ kind: 'page', result: Buffer.from('{}') }), /without tools/],
  ['two lists in one page', () => ({ kind: 'page', result: Buffer.from('{"tools":[],"tools":[]}') }), /duplicate/],
  [
    'too many of them',
    () =>
      page(
        'tools',
        Array.from({ length: 10_001 }, () => ({})),
      ),
    /listed_items/,
  ],
  [
    'a list that ends in the middle',
    (cursor) => (cursor === null ? page('tools', [], 'x') : { kind: 'absent' }),
    /middle/,
  ],
])('%s gives no half list', async (_name, answer, detail) => {
  const { catalogue } = await open({
    files: (_server, list, cursor) => Promise.resolve(list === 'tools' ? answer(cursor) : { kind: 'absent' as const }),
  })
  await settled()
  const { health, tools } = catalogue.listing('files')
  expect(tools).toEqual([])
  expect(health).toMatchObject({ state: 'missing', detail: expect.stringMatching(detail) as string })
})

test('what was known of a server stays when it fails, and is called stale', async () => {
  const { catalogue, servers, pass } = await open({ files: { tools: [tool('a')] } })
  servers.set('files', () => Promise.resolve({ kind: 'failed', detail: 'connection refused' }))
  await pass(301_000)
  const { tools, health } = catalogue.listing('files')
  expect(tools.map(({ name }) => name)).toEqual(['a'])
  expect(health).toMatchObject({ state: 'stale', detail: expect.stringContaining('connection refused') as string })
  servers.set('files', { tools: [tool('a'), tool('b')] })
  await pass(16_000)
  expect(catalogue.listing('files').health.state).toBe('fresh')
  expect(catalogue.listing('files').tools).toHaveLength(2)
})

test('a server that never answers delays no other, and is missing', async () => {
  const { catalogue, pass } = await open({
    dead: () => new Promise(() => undefined),
    files: { tools: [tool('a')] },
  })
  expect(catalogue.listing('files').tools).toHaveLength(1)
  expect(catalogue.listing('dead').health).toMatchObject({ state: 'missing', detail: 'it was not asked yet' })
  await pass(10_100)
  expect(catalogue.listing('dead').health.detail).toMatch(/no whole answer within 10000 ms/)
})

test('a hundred words that something changed are one look, and hearers hear once, of what did', async () => {
  const { catalogue, servers, asked, pass } = await open({ files: { tools: [tool('a')], prompts: [{ name: 'p' }] } })
  const heard: string[] = []
  catalogue.onChange((server, list) => heard.push(`${server} ${list}`))
  asked.length = 0
  for (let word = 0; word < 100; word += 1) catalogue.changed('files', 'tools')
  await pass(400)
  expect(asked).toEqual(['files tools -'])
  expect(heard).toEqual([])
  servers.set('files', { tools: [tool('a'), tool('b')], prompts: [{ name: 'p' }] })
  for (let word = 0; word < 100; word += 1) catalogue.changed('files', 'tools')
  await pass(400)
  expect(asked).toHaveLength(1)
  await pass(1000)
  expect(asked).toHaveLength(2)
  expect(heard).toEqual(['files tools'])
})

test('hearers hear after the tool was judged', async () => {
  const { catalogue, servers, pass, states } = await open({ files: { tools: [tool('a')] } })
  const seen: unknown[] = []
  catalogue.onChange(() => seen.push(...states('files')))
  servers.set('files', { tools: [tool('a', { description: 'Another' })] })
  catalogue.changed('files', 'tools')
  await pass(400)
  expect(seen).toEqual(['a changed'])
})

test('fifty who want it fresh share one look; whoever takes an older one waits for nothing', async () => {
  const { catalogue, asked, clock } = await open({ files: { tools: [tool('a')] } })
  clock.advance(6000)
  asked.length = 0
  await Promise.all(Array.from({ length: 50 }, () => catalogue.fresh('files', 5000, ['tools'])))
  await catalogue.fresh('files', 5000, ['tools'])
  expect(asked).toEqual(['files tools -'])
})

test('a look that began before somebody asked is not fresh for them', async () => {
  const { catalogue, servers, clock } = await open({ files: { tools: [tool('a')] } })
  const gates: ((page: Page) => void)[] = []
  servers.set('files', () => new Promise<Page>((resolve) => gates.push(resolve)))
  clock.advance(1000)
  const first = catalogue.fresh('files', 0, ['tools'])
  clock.advance(10)
  const second = catalogue.fresh('files', 0, ['tools'])
  gates[0]?.(page('tools', [tool('a')]))
  await first
  await settled()
  gates[1]?.(page('tools', [tool('a', { description: 'Another' })]))
  expect((await second).tools[0]?.state).toBe('changed')
})

test('nobody waits for a fresh list longer than the server may take', async () => {
  const { catalogue, servers, clock, pass } = await open({ files: { tools: [tool('a')] } }, { patience_ms: 2000 })
  servers.set('files', () => new Promise(() => undefined))
  clock.advance(6000)
  const waiting = catalogue.fresh('files', 5000)
  await pass(2100)
  expect((await waiting).tools).toHaveLength(1)
  expect((await catalogue.fresh('files', 5000)).health.state).toBe('stale')
})

test('a server that left the configuration is forgotten, and a new one is looked at', async () => {
  const { catalogue, servers, asked, reload } = await open({ files: { tools: [tool('a')] } })
  servers.delete('files')
  servers.set('mail', { tools: [tool('b')] })
  asked.length = 0
  await reload()
  await settled()
  expect(catalogue.listing('files').health.state).toBe('missing')
  expect(catalogue.listing('mail').tools).toHaveLength(1)
  expect(asked.every((line) => line.startsWith('mail'))).toBe(true)
})

test('prompts and resources with hidden text are left out, and it is said', async () => {
  const { catalogue } = await open({
    files: {
      tools: [],
      prompts: [{ name: 'fine' }, { name: 'odd', description: 'a\u200bb' }],
      resources: [{ uri: 'file:///a' }],
    },
  })
  const { prompts, resources, health } = catalogue.listing('files')
  expect(prompts.map(({ key, exposed }) => [key, exposed])).toEqual([['fine', 'files_fine']])
  expect(resources.map(({ key, exposed }) => [key, exposed])).toEqual([['file:///a', 'file:///a']])
  expect(health.detail).toMatch(/1 withheld: prompts odd: .*U?\\u\{200B\}/)
})
