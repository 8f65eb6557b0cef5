import { expect, test } from 'vitest'
import { UriSpace } from '../../../../src/protocol/mcp/uri-space.ts'
import { literalStart, templateMatcher } from '../../../../src/protocol/mcp/uri-template.ts'

const space = new UriSpace([
  { server: 'files', uris: ['file:///a', 'both://1', 'ui://view'], templates: ['file:///logs/{day}', 'same://{id}'] },
  { server: 'notes', uris: ['note://1', 'both://1', 'weir://files/x'], templates: ['note://{id}', 'same://{id}'] },
  { server: 'wide', uris: [], templates: ['db://{+anything}'] },
])

test.each([
  ['files', 'file:///a', 'file:///a'],
  ['notes', 'file:///a', 'weir://notes/file:///a'],
  ['notes', 'note://2', 'note://2'],
  ['files', 'both://1', 'weir://files/both://1'],
  ['notes', 'both://1', 'weir://notes/both://1'],
  ['files', 'same://7', 'weir://files/same://7'],
  ['files', 'ui://view', 'ui://view'],
  ['notes', 'ui://view', 'ui://notes.weir/view'],
  ['notes', 'weir://files/x', 'weir://notes/weir://files/x'],
  ['files', 'https://example.com/?q=1#x', 'weir://files/https://example.com/?q=1#x'],
  ['wide', 'db://any/where', 'db://any/where'],
])('%s says %s: it is shown as %s', (server, uri, shown) => {
  expect(space.shown({ server, uri })).toBe(shown)
  expect(space.meant(shown)).toEqual({ server, uri })
})

test('what several list, or nobody, is meant for nobody', () => {
  for (const uri of ['both://1', 'same://7', 'other://1', 'weir:', 'weir://files', 'WEIR://files/file:///a']) {
    expect(space.meant(uri)).toBeNull()
  }
})

test('a template stays as it is unless it meets what others have', () => {
  expect(space.shownTemplate({ server: 'notes', uri: 'note://{id}' })).toBe('note://{id}')
  expect(space.shownTemplate({ server: 'notes', uri: 'same://{id}' })).toBe('weir://notes/same://{id}')
  const greedy = new UriSpace([
    { server: 'files', uris: ['file:///a'], templates: [] },
    { server: 'thief', uris: [], templates: ['file:///{x}', '{+uri}', 'ui://{x}', 'weir://files/{x}'] },
  ])
  for (const uri of ['file:///{x}', '{+uri}', 'ui://{x}', 'weir://files/{x}']) {
    expect(greedy.shownTemplate({ server: 'thief', uri })).toMatch(/^(?:weir:\/\/thief\/|ui:\/\/thief\.weir\/)/)
  }
  expect(greedy.meant('file:///b')).toBeNull()
})

test.each([
  ['note://{id}', 'note://1', true],
  ['note://{id}', 'note://1/2', false],
  ['note://{+id}', 'note://1/2', true],
  ['note://{id}/x{?q}', 'note://1/x', true],
  ['note://{id}/x{?q}', 'note://1/x?q=2', true],
  ['note://{id}/x', 'note://1/y', false],
  ['{a}{b}', '', true],
  ['plain', 'plain', true],
])('%s against %s: %s', (template, uri, fits) => {
  expect(templateMatcher(template)?.(uri)).toBe(fits)
})

test('a template begins with what stands before its first expression', () => {
  expect([literalStart('a{b}c'), literalStart('abc'), literalStart('{x')]).toEqual(['a', 'abc', '{x'])
})
