/** Whatever servers list and whatever they say: a URI that was shown leads back to the server that said it, and to its word. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { namespaced, readNamespaced, UriSpace } from '../../src/protocol/mcp/uri-space.ts'
import { templateMatcher } from '../../src/protocol/mcp/uri-template.ts'

const slug = fc.constantFrom('files', 'maps', 'a', 'a-b')
const part = fc.constantFrom('x', 'y', 'logs', 'a/b', '%2F', 'ü', '')
const scheme = fc.constantFrom(
  'file:///',
  'note://',
  'ui://',
  'ui://maps.weir/',
  'weir://files/',
  'weir:',
  'WEIR://a/',
  'w',
  '',
)
const uri = fc.oneof(
  fc.tuple(scheme, part, part).map((parts) => parts.join('')),
  fc.string({ maxLength: 12 }),
)
const variable = fc.constantFrom('{id}', '{+path}', '{/rest*}', '{?q}', '{', '{}')
const template = fc.tuple(scheme, part, variable, part).map((parts) => parts.join(''))
const lists = fc.record({
  server: slug,
  uris: fc.array(uri, { maxLength: 6 }),
  templates: fc.array(template, { maxLength: 3 }),
})
const servers = fc.uniqueArray(lists, { selector: ({ server }) => server, maxLength: 4 })

test('a URI that a server says leads back to that server', () => {
  fc.assert(
    fc.property(servers, slug, uri, (all, server, said) => {
      const space = new UriSpace(all)
      expect(space.meant(space.shown({ server, uri: said }))).toEqual({ server, uri: said })
    }),
    { numRuns: 2000 },
  )
})

test('so does everything that is listed, templates too', () => {
  fc.assert(
    fc.property(servers, (all) => {
      const space = new UriSpace(all)
      for (const { server, uris, templates } of all) {
        for (const each of uris) expect(space.meant(space.shown({ server, uri: each }))).toEqual({ server, uri: each })
        for (const each of templates) {
          const shown = space.shownTemplate({ server, uri: each })
          expect(space.meantTemplate(shown)).toEqual({ server, uri: each })
        }
      }
    }),
    { numRuns: 1000 },
  )
})

test('what a client makes of a template leads to the server whose template it is', () => {
  fc.assert(
    fc.property(servers, fc.stringMatching(/^[a-z0-9]{1,8}$/), (all, value) => {
      const space = new UriSpace(all)
      const expand = (text: string): string => text.replaceAll(/\{[+#./;?&]?[^{}]*\}/g, value)
      for (const { server, templates } of all)
        for (const each of templates) {
          const meant = space.meant(expand(space.shownTemplate({ server, uri: each })))
          expect(meant).toEqual({ server, uri: expand(each) })
        }
    }),
    { numRuns: 1000 },
  )
})

test('a name with a server in it is read as it was written', () => {
  fc.assert(
    fc.property(slug, fc.string(), (server, said) => {
      expect(readNamespaced(namespaced({ server, uri: said }))).toEqual({ server, uri: said })
    }),
  )
})

test('whatever a template is, looking at a URI takes little time', () => {
  const matches = templateMatcher('{a}'.repeat(31))
  const started = process.cpuUsage()
  matches?.('x'.repeat(8000) + '/')
  expect(process.cpuUsage(started).user).toBeLessThan(1_000_000)
  expect(templateMatcher('{a}'.repeat(100))).toBeNull()
})
