/** Who shares a link with whom, how long it is kept, what it is opened in, and with which credential. */
import { expect, it } from 'vitest'
import { Bug } from '../../src/base/assert.ts'
import { isFault } from '../../src/domain/fault.ts'
import { deny, issueCare } from '../../src/domain/verdict.ts'
import type { Link, Speaker } from '../../src/relay/mcp/link.ts'
import { asking, askOver, calling, openLinksTo, permit, plainSpeaker, resultOf } from '../support/mcp-links.ts'
import { answer, discovery, greeting, plain, refuse, type Scripted, serveScript } from '../support/mcp-script.ts'
import { until } from '../support/relay.ts'

const speaker = (key: string, more: Partial<Speaker> = {}): Speaker =>
  plainSpeaker({ key, capabilities: Buffer.from('{}'), ...more })

/** A legacy server with sessions that takes its time with `slow`. */
function sessions(): { handle(request: Scripted): void; release(): void } {
  let count = 0
  let slow: Scripted | null = null
  return {
    handle(request) {
      const { rpc, response } = request
      if (rpc.method === 'initialize') {
        count += 1
        answer(response, rpc.id, greeting(), { 'mcp-session-id': `s${count}` })
      } else if (rpc.params?.['name'] === 'slow') slow = request
      else plain(request)
    },
    release: () => slow && answer(slow.response, slow.rpc.id, {}),
  }
}

it('one speaker has one link, however many open it at once; another has another', async () => {
  await using server = await serveScript(sessions().handle)
  await using bench = openLinksTo(server.url)
  const links = await Promise.all([1, 2, 3].map(() => bench.link('legacy', speaker('a'))))
  expect(new Set(links).size).toBe(1)
  const other = await bench.link('legacy', speaker('b'))
  const asked = await bench.link('legacy', speaker('a', { capabilities: Buffer.from('{"roots":{}}') }))
  expect(new Set([links[0], other, asked]).size).toBe(3)
  expect(server.count('initialize')).toBe(3)
})

it('a server that is shared has one link for all, over which nobody can be asked', async () => {
  await using server = await serveScript(sessions().handle)
  await using bench = openLinksTo(server.url, 'auto', { place: { shared: true } })
  const one = await bench.link('legacy', plainSpeaker({ key: 'a' }))
  expect(await bench.link('modern', plainSpeaker({ key: 'b' }))).toBe(one)
  const hello = server.seen.find(({ rpc }) => rpc.method === 'initialize')
  expect(hello?.rpc.params?.['capabilities']).toEqual({})
})

it('the link that was idle longest leaves for a new one, and none that is in use', async () => {
  const script = sessions()
  await using server = await serveScript(script.handle)
  await using bench = openLinksTo(server.url, 'legacy', { settings: { tool_links: 2 } })
  const [a, b] = [await bench.link('legacy', speaker('a')), await bench.link('legacy', speaker('b'))]
  const slow = askOver(a, calling('slow'))
  const c = await bench.link('legacy', speaker('c'))
  expect([a.open, b.open, c.open]).toEqual([true, false, true])
  const busy = askOver(c, calling('slow'))
  const full = await bench.links.open(permit, { server: 'files', speaker: speaker('d'), era: 'legacy' })
  expect(isFault(full) && full.code).toBe('overloaded')
  busy.talk.cancel('done')
  slow.talk.cancel('done')
  expect((await bench.link('legacy', speaker('d'))).open).toBe(true)
})

it('a link over which nothing is asked is closed after a while, and opened anew when it is wanted', async () => {
  await using server = await serveScript(sessions().handle)
  await using bench = openLinksTo(server.url, 'legacy', { settings: { tool_link_idle_ms: 30 } })
  const link = await bench.link('legacy', speaker('a'))
  await resultOf(askOver(link, calling('x')))
  await until(() => server.count('DELETE') === 1)
  expect(link.open).toBe(false)
  await resultOf(askOver(await bench.link('legacy', speaker('a')), calling('x')))
})

it('a server that is forgotten answers what it was asked, and nothing new', async () => {
  const script = sessions()
  await using server = await serveScript(script.handle)
  await using bench = openLinksTo(server.url, 'legacy')
  const link = await bench.link('legacy', speaker('a'))
  const slow = askOver(link, calling('slow'))
  await until(() => server.count('tools/call') === 1)
  bench.links.forget('files')
  expect(await bench.link('legacy', speaker('a'))).not.toBe(link)
  script.release()
  await resultOf(slow)
  await until(() => server.count('DELETE') === 1)
})

it('another credential is asked for once, and the request repeated', async () => {
  const challenges: (string | null)[] = []
  const renewing = speaker('a', {
    credentials: () => [['authorization', 'Bearer old']],
    challenged: async (_, challenge) => {
      challenges.push(challenge)
      return [['authorization', 'Bearer new']]
    },
  })
  let wanted = 'Bearer old'
  await using server = await serveScript((request) => {
    if (request.headers.authorization === wanted) plain(request)
    else request.response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
  })
  await using bench = openLinksTo(server.url, 'legacy')
  const link = await bench.link('legacy', renewing)
  wanted = 'Bearer new'
  await resultOf(askOver(link, calling('a')))
  expect(challenges).toEqual(['Bearer error="invalid_token"'])
  wanted = 'Bearer other'
  expect(await askOver(link, calling('a')).end).toMatchObject({ kind: 'fault', fault: { code: 'bad_answer' } })
})

it('without a credential nothing is sent', async () => {
  let none = false
  const denial = deny('upstream_unavailable', 'no grant')
  const poor = speaker('a', { credentials: async () => (none ? denial : []) })
  await using server = await serveScript(plain)
  await using bench = openLinksTo(server.url, 'legacy')
  const link = await bench.link('legacy', poor)
  none = true
  expect(await askOver(link, calling('a')).end).toEqual({ kind: 'denial', denial })
  expect(server.count('tools/call')).toBe(0)
})

it('a legacy server is asked once whether it is modern', async () => {
  await using server = await serveScript(plain)
  await using bench = openLinksTo(server.url)
  for (const key of ['a', 'b', 'c']) expect((await bench.link('modern', speaker(key))).about.era).toBe('legacy')
  expect(server.count('server/discover')).toBe(1)
  bench.links.forget('files')
  await bench.link('modern', speaker('a'))
  expect(server.count('server/discover')).toBe(2)
})

it.each([401, 403, 429, 500, 503])('%s says nothing of the era', async (status) => {
  let isUp = false
  await using server = await serveScript((request) => {
    const { rpc, response } = request
    if (!isUp) response.writeHead(status).end()
    else if (rpc.method === 'initialize') refuse(response, 400, { code: -32022, message: 'no' })
    else answer(response, rpc.id, discovery())
  })
  await using bench = openLinksTo(server.url)
  const opened = await bench.links.open(permit, { server: 'files', speaker: speaker('a'), era: 'modern' })
  expect('about' in opened).toBe(false)
  expect(server.count('initialize')).toBe(0)
  isUp = true
  expect((await bench.link('modern', speaker('a'))).about.era).toBe('modern')
})

it('a server that speaks no era that it may be spoken to in is a fault', async () => {
  await using server = await serveScript(({ response }) => refuse(response, 400, { code: -32600, message: 'no' }))
  await using bench = openLinksTo(server.url)
  const opened = await bench.links.open(permit, { server: 'files', speaker: speaker('a'), era: 'modern' })
  expect(isFault(opened) && opened.code).toBe('bad_answer')
  expect([server.count('server/discover'), server.count('initialize')]).toEqual([1, 1])
})

it('care lets Weir greet and list, and nothing else', async () => {
  await using server = await serveScript(plain)
  await using bench = openLinksTo(server.url, 'legacy')
  const care = issueCare({ server: 'files' })
  const link = (await bench.links.open(care, { server: 'files', speaker: speaker('weir'), era: 'legacy' })) as Link
  const hearer = { onNotice: () => undefined, onAsk: () => undefined, onEnd: () => undefined }
  link.ask(care, asking('tools/list'), hearer)
  expect(() => link.ask(care, calling('x'), hearer)).toThrow(Bug)
  expect(() => link.ask(issueCare({ server: 'other' }), asking('tools/list'), hearer)).toThrow(Bug)
  await until(() => server.count('tools/list') === 1)
  expect(server.count('tools/call')).toBe(0)
})

it('a place that speaks no MCP is pooled like any other', async () => {
  let opened = 0
  const link = { open: true, close: () => undefined } as Partial<Link> as Link
  const connect = { kind: 'link', open: () => ((opened += 1), link) } as const
  await using bench = openLinksTo('http://127.0.0.1:1', 'auto', { place: { connect } })
  expect(await bench.link('legacy', speaker('a'))).toBe(await bench.link('legacy', speaker('a')))
  expect(opened).toBe(1)
})

it.each(['legacy', 'modern'] as const)('a server that was %s and is not any more is met anew', async (was) => {
  let isOld = true
  const legacy = (request: Scripted): void => {
    const { rpc, response, headers } = request
    if (rpc.method === 'initialize') answer(response, rpc.id, greeting(), { 'mcp-session-id': 's' })
    else if (headers['mcp-session-id'] === undefined) refuse(response, 400, { code: -32000, message: 'Bad Request' })
    else plain(request)
  }
  const modern = ({ rpc, response, headers }: Scripted): void => {
    if (rpc.method === 'server/discover') answer(response, rpc.id, discovery())
    else if (headers['mcp-session-id'] !== undefined) response.writeHead(404).end()
    else if (rpc.method === 'initialize')
      refuse(response, 400, { code: -32022, message: 'no', data: { supported: ['2026-07-28'] } })
    else answer(response, rpc.id, { resultType: 'complete' })
  }
  await using server = await serveScript((request) => (isOld === (was === 'legacy') ? legacy : modern)(request))
  await using bench = openLinksTo(server.url)
  await resultOf(askOver(await bench.link(was, speaker('a')), calling('x')))
  isOld = false
  await askOver(await bench.link(was, speaker('a')), calling('x')).end
  const link = await bench.link(was, speaker('a'))
  expect(link.about.era).not.toBe(was)
  await resultOf(askOver(link, calling('x')))
})
