/** What a caller may not see answers exactly like what does not exist. */
import { afterEach, expect, test } from 'vitest'
import { say } from '../support/caller.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir } from '../support/weir.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

test('a forbidden agent and a missing one give the same bytes but for the reference, and the upstream hears nothing', async () => {
  const agent = await startScriptedAgent(() => completedTask('done'))
  const weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('stranger')] },
    agents: { console: { groups: ['entrypoints'] }, stranger: {}, critic: { url: agent.url, groups: ['subagents'] } },
    limits: { run: { cost_micros_max: 1000, depth_max: 5 }, agent: { invokes_per_minute: 60 } },
  })
  open.push(
    () => weir.stop(),
    () => agent.stop(),
  )
  const normal = (text: string): string => text.replaceAll(/hop_[0-9a-f]{16}/g, 'hop')
  for (const from of ['console', 'stranger']) {
    const hidden = await say(weir, { from, to: 'critic' })
    const missing = await say(weir, { from, to: 'no-such-agent' })
    expect(hidden.text).toContain('[weir:not_found]')
    expect(normal(hidden.text)).toBe(normal(missing.text))
    expect(hidden.status).toBe(missing.status)
    const headers = (said: typeof hidden): string[] =>
      [...said.headers].filter(([name]) => name !== 'date').map(([name, value]) => `${name}: ${normal(value)}`)
    expect(headers(hidden)).toEqual(headers(missing))
    expect(headers(hidden)).toContain('weir-decision: deny;code=not_found')
  }
  expect(agent.asked).toHaveLength(0)
})

test('without a credential an existing and a missing agent both answer 401 with a challenge', async () => {
  const weir = await startWeir({ agents: { critic: { url: 'http://127.0.0.1:9/' } } })
  open.push(() => weir.stop())
  for (const slug of ['critic', 'no-such-agent']) {
    const said = await say(weir, { from: 'nobody', to: slug })
    expect(said.status).toBe(401)
    expect(said.headers.get('www-authenticate')).toMatch(/^Bearer /)
  }
})
