import { expect, it } from 'vitest'
import { Listeners, nothing } from '../../../../src/relay/mcp/listeners.ts'
import { listener } from '../../../support/mcp-links.ts'

const updated = (uri: string): Buffer => Buffer.from(JSON.stringify({ uri }))

it('what all want together is counted, however often they change their mind', () => {
  let changes = 0
  const all = new Listeners(() => (changes += 1))
  const [one, two] = [listener(), listener()]
  const first = all.add({ ...nothing, toolsListChanged: true, resources: ['b', 'a', 'a'] }, one.hearer)
  const second = all.add({ ...nothing, resources: ['a'] }, two.hearer)
  expect(all.union()).toEqual({ ...nothing, toolsListChanged: true, resources: ['a', 'b'] })
  first.use({ ...nothing, tasks: ['t'] })
  expect(all.union()).toEqual({ ...nothing, resources: ['a'], tasks: ['t'] })
  second.close()
  second.close()
  second.use({ ...nothing, promptsListChanged: true })
  expect(all.union()).toEqual({ ...nothing, tasks: ['t'] })
  expect(changes).toBe(4)
})

it('everybody hears what they want, and parts of it', () => {
  const all = new Listeners(() => undefined)
  const [one, two] = [listener(), listener()]
  all.add({ ...nothing, resources: ['file:///a'] }, one.hearer)
  all.add({ ...nothing, promptsListChanged: true }, two.hearer)
  for (const uri of ['file:///a', 'file:///a/b', 'file:///ab'])
    all.notice('notifications/resources/updated', updated(uri))
  all.notice('notifications/prompts/list_changed', null)
  all.notice('notifications/message', null)
  expect(one.notices).toHaveLength(3)
  expect(two.notices).toEqual(['notifications/prompts/list_changed', 'notifications/message'])
})

it('one of them is asked, and nobody where nobody listens', () => {
  const all = new Listeners(() => undefined)
  const ask = { questions: new Map(), rests: false, state: null }
  expect(all.ask(ask, () => undefined)).toBe(false)
  all.add(nothing, listener().hearer)
  expect(all.ask(ask, () => undefined)).toBe(true)
})

it('the end is heard once', () => {
  const all = new Listeners(() => undefined)
  const one = listener()
  const listening = all.add({ ...nothing, resources: ['a'] }, one.hearer)
  all.end(null)
  all.end(null)
  listening.close()
  expect(one.ends).toEqual([null])
  expect(all.union()).toEqual(nothing)
})
