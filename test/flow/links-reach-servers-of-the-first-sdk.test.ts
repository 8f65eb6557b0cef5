/** Servers of the SDK that most are written with, which ask and log beside the request and say 400 for a session that is over. */
import { expect, it } from 'vitest'
import { nothing } from '../../src/relay/mcp/listeners.ts'
import {
  answersTo,
  askOver,
  asking,
  calling,
  listener,
  openLinksTo,
  permit,
  resultOf,
  textOf,
} from '../support/mcp-links.ts'
import { serveV1 } from '../support/mcp-v1.ts'
import { until } from '../support/relay.ts'

const roots = () => ({ roots: [{ uri: 'file:///here' }] })

it('what they ask beside a request is asked of whoever made it', async () => {
  await using server = await serveV1()
  await using bench = openLinksTo(server.url)
  const link = await bench.link('modern')
  for (let i = 0; i < 3; i += 1)
    expect(textOf(await resultOf(askOver(link, calling('roots'), roots)))).toBe('file:///here')
})

it('what they log beside a request is heard by whoever listens', async () => {
  await using server = await serveV1()
  await using bench = openLinksTo(server.url)
  const link = await bench.link('legacy')
  const heard = listener()
  link.listen(permit, nothing, heard.hearer)
  const again = setInterval(() => void askOver(link, calling('log')), 20)
  await until(() => heard.notices.length > 0)
  clearInterval(again)
  expect(heard.notices[0]).toContain('beside')
})

it('a session they have forgotten is begun anew', async () => {
  await using server = await serveV1()
  await using bench = openLinksTo(server.url)
  const link = await bench.link('legacy')
  await resultOf(askOver(link, asking('tools/list')))
  server.forgetSessions()
  await Promise.all([1, 2, 3].map(() => resultOf(askOver(link, calling('log')))))
  expect(textOf(await resultOf(askOver(link, calling('roots'), roots)))).toBe('file:///here')
})

it('a person may take longer to answer than a server may be silent', async () => {
  await using server = await serveV1()
  await using bench = openLinksTo(server.url, 'legacy', { patience: { idle_ms: 150 } })
  const heard = askOver(await bench.link('legacy'), calling('roots'))
  await until(() => heard.asks.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 400))
  const [ask] = heard.asks
  if (ask) heard.talk.answer(answersTo(ask, roots))
  expect(textOf(await resultOf(heard))).toBe('file:///here')
})

it('whoever only listens is heard in the session that follows', async () => {
  await using server = await serveV1()
  await using bench = openLinksTo(server.url)
  const heard = listener()
  const link = await bench.link('legacy')
  link.listen(permit, nothing, heard.hearer)
  await until(() => server.streams() === 1)
  server.forgetSessions()
  server.cut()
  await until(() => server.sessions() === 1)
  const log = calling('log')
  const again = setInterval(() => void askOver(link, log), 20)
  await until(() => heard.notices.length > 0)
  clearInterval(again)
})
