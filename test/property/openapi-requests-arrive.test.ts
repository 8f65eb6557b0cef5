/**
 * Whatever arguments say, an API reads in the request what they said: every style, exploded or not, for every kind of value,
 * read by a reader of its own, and nothing but the holes of the plan changes.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callTool, startApi, type ApiBench, type Sent } from '../support/api-bench.ts'

let api: ApiBench

beforeAll(async () => {
  api = await startApi()
})

afterAll(() => api.stop())

type Kind = 'one' | 'list' | 'map'
type Place = 'path' | 'query' | 'header' | 'cookie'

const schemas = {
  one: { type: 'string' },
  list: { type: 'array', items: { type: 'string' } },
  map: { type: 'object', additionalProperties: { type: 'string' } },
}

function documentOf(place: Place, style: string, explode: boolean, kind: Kind): object {
  const parameter = { name: 'p', in: place, required: place === 'path', style, explode, schema: schemas[kind] }
  const path = place === 'path' ? '/before/{p}/after' : '/before/after'
  return {
    openapi: '3.1.0',
    info: { title: 't', version: '1' },
    paths: { [path]: { get: { operationId: 'op', parameters: [parameter] } } },
  }
}

/** What a style cannot tell from its own marks is not put into it. */
function textFor(place: Place, style: string): fc.Arbitrary<string> {
  const any = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  if (place === 'header')
    return fc.string({
      unit: fc.constantFrom(..."a z 0 9 ! # $ % & ' * + - . ^ _ ` | ~ : ; @ / ? < > ( ) [ ] { }".split(' ')),
      minLength: 1,
      maxLength: 12,
    })
  const marks = { label: /[./\\]/, matrix: /[/\\]/, simple: /[/\\]/, spaceDelimited: / /, pipeDelimited: /\|/ }[style]
  const dots = (text: string): boolean => place === 'path' && /^\s*\.{0,2}\s*$/.test(text)
  return any.filter((text) => text.isWellFormed() && !text.includes('\0') && !dots(text) && marks?.test(text) !== true)
}

function valueFor(kind: Kind, text: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  if (kind === 'one') return text
  if (kind === 'list') return fc.array(text, { minLength: 1, maxLength: 4 })
  return fc.dictionary(
    text.filter((name) => name !== '__proto__'),
    text,
    { minKeys: 1, maxKeys: 4, noNullPrototype: true },
  )
}

const open = decodeURIComponent

interface Way {
  readonly place: Place
  readonly style: string
  readonly explode: boolean
}

/** Reads one parameter back, knowing only the table of the specification. */
function readBack(sent: Sent, { place, style, explode }: Way, kind: Kind): unknown {
  if (place === 'header') return readSimple(sent.headers['p'] ?? '', explode, kind, (text) => text)
  if (place === 'path') return readPath(/^\/before\/([^/]*)\/after$/.exec(sent.url)?.[1] ?? '', style, explode, kind)
  const pairs =
    place === 'cookie' ? (sent.headers['cookie'] ?? '').split('; ') : (sent.url.split('?')[1] ?? '').split('&')
  const read = pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const)
  if (style === 'deepObject') {
    if (kind === 'one') return open(read[0]?.[1] ?? '')
    const members = read.map(([key, text]) => [/^p\[(.*)\]$/s.exec(open(key))?.[1] ?? '', open(text)] as const)
    return kind === 'list' ? members.map(([, text]) => text) : Object.fromEntries(members)
  }
  if (kind === 'one') return open(read[0]?.[1] ?? '')
  if (explode)
    return kind === 'list'
      ? read.map(([, text]) => open(text))
      : Object.fromEntries(read.map(([name, text]) => [open(name), open(text)]))
  const mark = { spaceDelimited: '%20', pipeDelimited: '%7C' }[style] ?? ','
  return asKind((read[0]?.[1] ?? '').split(mark).map(open), kind)
}

function readPath(segment: string, style: string, explode: boolean, kind: Kind): unknown {
  if (style === 'simple') return readSimple(segment, explode, kind, open)
  if (style === 'label') {
    if (kind === 'one' || !explode) return readSimple(segment.slice(1), false, kind, open)
    const items = segment.slice(1).split('.')
    return kind === 'list' ? items.map(open) : fromPairs(items, open)
  }
  const parts = segment.slice(1).split(';')
  if (kind === 'map' && explode) return fromPairs(parts, open)
  const values = parts.map((part) => part.replace(/^p=?/, ''))
  return kind === 'list' && explode ? values.map(open) : readSimple(values[0] ?? '', false, kind, open)
}

function readSimple(text: string, explode: boolean, kind: Kind, read: (text: string) => string): unknown {
  if (kind === 'one') return read(text)
  const items = text.split(',')
  return kind === 'map' && explode ? fromPairs(items, read) : asKind(items.map(read), kind)
}

function fromPairs(pairs: readonly string[], read: (text: string) => string): object {
  return Object.fromEntries(
    pairs.map((pair) => [read(pair.slice(0, pair.indexOf('='))), read(pair.slice(pair.indexOf('=') + 1))]),
  )
}

function asKind(items: readonly string[], kind: Kind): unknown {
  if (kind === 'one') return items[0]
  if (kind === 'list') return items
  const even = items.filter((_, at) => at % 2 === 0)
  return Object.fromEntries(even.map((name, at) => [name, items[2 * at + 1]]))
}

const manners: readonly (readonly [Place, string, boolean])[] = [
  ...['simple', 'label', 'matrix'].flatMap((style) =>
    [true, false].map((explode) => ['path', style, explode] as const),
  ),
  ...['form', 'spaceDelimited', 'pipeDelimited'].flatMap((style) =>
    [true, false].map((explode) => ['query', style, explode] as const),
  ),
  ['query', 'deepObject', true],
  ['header', 'simple', true],
  ['header', 'simple', false],
  ['cookie', 'form', true],
  ['cookie', 'form', false],
]

test.each(manners)('in a %s, %s with explode %s is read back as it was said', async (place, style, explode) => {
  for (const kind of ['one', 'list', 'map'] as const) {
    const link = api.link(documentOf(place, style, explode, kind) as Record<string, unknown>)
    const value = valueFor(kind, textFor(place, style))
    await fc.assert(
      fc.asyncProperty(value, async (p) => {
        const result = await callTool(link, 'op', { p })
        expect(result.isError).toBeUndefined()
        const sent = api.sent.at(-1)
        expect(sent && readBack(sent, { place, style, explode }, kind)).toEqual(p)
      }),
      { numRuns: 25 },
    )
    link.close()
  }
})

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '..',
    '.',
    '/',
    '//',
    '../..',
    '..\\..',
    '%2e%2e',
    '%2f',
    '?x=1',
    '#x',
    '@evil.example',
    'a\r\nx: y',
    ' ',
    '\0',
    '',
    ':80/',
  ),
  fc
    .array(fc.constantFrom('/', '.', '..', '%', '\\', '?', '#', 'a', '\r', '\n', '@', ':', ';'), { maxLength: 8 })
    .map((all) => all.join('')),
)

test('no argument changes host, depth of the path, or the number of headers', async () => {
  const parameters = [
    { name: 'a', in: 'path', required: true, schema: {} },
    { name: 'b', in: 'path', required: true, style: 'label', schema: {} },
    { name: 'q', in: 'query', schema: {} },
    { name: 'x-h', in: 'header', schema: {} },
  ]
  const operation = { operationId: 'op', parameters }
  const link = api.link(
    { openapi: '3.0.3', info: {}, paths: { '/one/{a}/two/{b}.json': { get: operation } } },
    { base: `${api.origin}/base/v1` },
  )
  await fc.assert(
    fc.asyncProperty(fc.record({ a: nasty, b: nasty, q: nasty, 'x-h': nasty }), async (args) => {
      const before = api.sent.length
      const result = await callTool(link, 'op', args)
      const [sent, ...more] = api.sent.slice(before)
      expect(more).toEqual([])
      expect(result.isError ?? false).toBe(sent === undefined)
      if (sent === undefined) return
      const { pathname, host } = new URL(sent.url, api.origin)
      expect([host, sent.headers['host']]).toEqual([new URL(api.origin).host, new URL(api.origin).host])
      expect(pathname.split('/')).toEqual([
        '',
        'base',
        'v1',
        'one',
        expect.stringMatching(/./),
        'two',
        expect.stringMatching(/\.json$/),
      ])
      expect(new URLSearchParams(sent.url.split('?')[1]).get('q')).toBe(args.q.toWellFormed())
      expect(Object.keys(sent.headers).toSorted()).toEqual([
        'accept',
        'accept-encoding',
        'connection',
        'host',
        'user-agent',
        'x-h',
      ])
    }),
    { numRuns: 300 },
  )
})
