/** Whoever is withdrawn is out at once: what is open ends in words, the next request is refused, a restart forgets nothing. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { refusalOf, say } from '../support/caller.ts'
import { caep, openIssuer, pushEvent, type TestIssuer } from '../support/issuers.ts'
import { longWork, openStream } from '../support/open-stream.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { namesIn } from '../support/names.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const reason = 'a test'

/** What is done about an open stream of `person`, and what its caller reads at the end of it and of the next call. */
interface Case {
  readonly act: (about: About) => Promise<unknown>
  readonly undo?: (about: About) => Promise<unknown>
  readonly code: string
}

interface About {
  readonly weir: Weir
  readonly issuer: TestIssuer
  readonly person: string
  readonly jti: string
  readonly run: string
}

const cases: Readonly<Record<string, Case>> = {
  'a halted run': {
    act: ({ weir, run }) => weir.ask(`/api/v1/runs/${run}/halt`, { reason }),
    code: 'run_halted',
  },
  'a contained caller': {
    act: ({ weir }) => weir.ask('/api/v1/agents/console/contain', { reason }),
    undo: ({ weir }) => weir.ask('/api/v1/agents/console/release', { reason }),
    code: 'agent_contained',
  },
  'a contained target': {
    act: ({ weir }) => weir.ask('/api/v1/agents/orchestrator/contain', { reason }),
    undo: ({ weir }) => weir.ask('/api/v1/agents/orchestrator/release', { reason }),
    code: 'agent_contained',
  },
  'a revoked agent': {
    act: ({ weir }) => weir.ask('/api/v1/agents/console/revoke', { reason }),
    undo: ({ weir }) => weir.ask('/api/v1/agents/console/release', { reason }),
    code: 'unauthenticated',
  },
  'a revoked person': {
    act: ({ weir, person }) => weir.ask(`/api/v1/people/${person}/revoke`, { reason }),
    code: 'unauthenticated',
  },
  'a revoked key': {
    act: ({ weir }) => weir.ask('/api/v1/keys/idp-1/revoke', { reason }),
    undo: ({ weir }) => weir.ask('/api/v1/keys/idp-1/restore', { reason }),
    code: 'unauthenticated',
  },
  'a revoked token': {
    act: ({ weir, jti }) => weir.ask('/api/v1/tokens/revoke', { reason, jti, iss: 'https://idp.test' }),
    code: 'unauthenticated',
  },
  'everything revoked': {
    act: ({ weir }) => weir.ask('/api/v1/revoke-everything', { reason }),
    undo: ({ weir }) => weir.ask('/api/v1/restore-everything', { reason }),
    code: 'unauthenticated',
  },
  'a CAEP session-revoked': {
    act: ({ weir, issuer, person }) => pushEvent(weir, issuer.event(person, `${caep}/session-revoked`)),
    code: 'unauthenticated',
  },
}

/** Rounds of each case, for the median. */
const rounds = 3

describe.each(['uws', 'node'])('on the engine %s', (engine) => {
  const took_ms = new Map<string, number[]>()
  let agent: ScriptedAgent
  let issuer: TestIssuer
  let weir: Weir

  beforeAll(async () => {
    agent = await startScriptedAgent(longWork(() => completedTask('done')).script)
    const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
    issuer = openIssuer(directory)
    weir = await startWeir(configFor(engine, agent.url, issuer), directory)
  })

  afterAll(async () => {
    await weir.stop()
    await agent.stop()
    const lines = [...took_ms].map(([what, all]) => `  ${what}: ${median(all).toFixed(1)} ms\n`)
    process.stderr.write(
      `from the order to the end of the stream on ${engine}, median of ${rounds}:\n${lines.join('')}`,
    )
  })

  test.each(Object.keys(cases))(
    '%s ends the stream with a terminal event, and the next call is refused',
    async (what) => {
      const { act, undo, code } = cases[what] ?? { act: () => Promise.reject(new Error(what)), code: '' }
      for (let round = 0; round < rounds; round += 1) {
        const jti = `${what.replaceAll(' ', '-')}-${round}`
        const person = `p-${jti}`
        const authorization = `Bearer ${issuer.token(person, jti)}`
        const stream = await openStream(weir, 'console', 'orchestrator', { authorization })
        const run = stream.headers.get('weir-run-id') ?? ''
        const about = { weir, issuer, person, jti, run }
        // No heartbeat for a minute: a stream that ends was found by the order and not by its own next write.
        const startedAt = systemClock.monotonic()
        const done = act(about)
        const events = await stream.ended
        const ms = systemClock.monotonic() - startedAt
        await done
        took_ms.set(what, [...(took_ms.get(what) ?? []), ms])
        expect(JSON.stringify(events.at(-1))).toContain(`[weir:${code}]`)
        expect(events.at(-1)).toMatchObject({ result: { statusUpdate: { status: { state: 'TASK_STATE_CANCELED' } } } })
        const headers = { 'weir-run-id': run }
        const next = await say(weir, { from: 'console', to: 'orchestrator', authorization, headers })
        expect(refusalOf(next)).toBe(code)
        await undo?.(about)
      }
    },
  )

  test('a person who logs in again is known again, and an API key is not until it is given back', async () => {
    await weir.ask('/api/v1/people/user:eve@corp.test/revoke', { reason })
    const revoke_s = Math.floor(systemClock.now() / 1000)
    const old = `Bearer ${issuer.token('eve@corp.test', 'old', 30)}`
    expect(refusalOf(await say(weir, { from: 'console', to: 'orchestrator', authorization: old }))).toBe(
      'unauthenticated',
    )
    while (Math.floor(systemClock.now() / 1000) <= revoke_s + 1) await new Promise((resolve) => setTimeout(resolve, 50))
    const fresh = `Bearer ${issuer.token('eve@corp.test', 'fresh')}`
    expect(refusalOf(await say(weir, { from: 'console', to: 'orchestrator', authorization: fresh }))).toBe(null)
    expect(refusalOf(await say(weir, { from: 'keyed', to: 'orchestrator' }))).toBe('unauthenticated')
    await weir.ask('/api/v1/people/eve@corp.test/restore', { reason })
    expect(refusalOf(await say(weir, { from: 'keyed', to: 'orchestrator' }))).toBe(null)
  })

  test('a card is not shown to whoever was withdrawn', async () => {
    const card = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${issuer.token('tomas', 'card')}` }
      return (await fetch(`${weir.url}/a2a/orchestrator/.well-known/agent-card.json`, { headers })).status
    }
    expect(await card()).toBe(200)
    await weir.ask('/api/v1/tokens/revoke', { reason, jti: 'card', iss: 'https://idp.test' })
    expect(await card()).toBe(401)
  })

  test('orders that name nothing are refused, and what is not revoked cannot be given back', async () => {
    const order = (path: string, body: object = { reason }): Promise<unknown> => weir.ask(`/api/v1/${path}`, body)
    await expect(order('agents/nobody/contain')).rejects.toThrow('404')
    await expect(order('people/--/revoke')).rejects.toThrow('404')
    await expect(order('tokens/revoke')).rejects.toThrow('404')
    await expect(order('agents/console/contain', {})).rejects.toThrow('400')
    await expect(order('agents/console/release')).rejects.toThrow('409')
  })
})

test('after kill -9 whoever was contained or revoked stays out, and a file that was broken keeps Weir from starting', async () => {
  const agent = await startScriptedAgent(() => completedTask('done'))
  const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
  const issuer = openIssuer(directory)
  const config = configFor('auto', agent.url, issuer)
  const first = await startWeir(config, directory)
  const authorization = `Bearer ${issuer.token('tomas', 'before')}`
  expect(refusalOf(await say(first, { from: 'console', to: 'orchestrator', authorization }))).toBe(null)
  await first.ask('/api/v1/people/tomas/revoke', { reason })
  await first.ask('/api/v1/agents/keyed/contain', { reason, actor: 'ana' })
  expect((await pushEvent(first, issuer.event('ana', `${caep}/session-revoked`))).status).toBe(202)
  await first.kill('SIGKILL')

  const second = await startWeir(config, directory)
  expect(refusalOf(await say(second, { from: 'console', to: 'orchestrator', authorization }))).toBe('unauthenticated')
  expect(refusalOf(await say(second, { from: 'keyed', to: 'orchestrator' }))).toBe('agent_contained')
  const ana = `Bearer ${issuer.token('ana', 'ana', 30)}`
  expect(refusalOf(await say(second, { from: 'console', to: 'orchestrator', authorization: ana }))).toBe(
    'unauthenticated',
  )
  const { revocations } = await second.ask<{ readonly revocations: readonly object[] }>('/api/v1/revocations')
  expect(revocations).toMatchObject([
    { name: 'user:tomas', contained: false, actor: 'operator', source: 'operator' },
    { name: 'agent:keyed', contained: true, actor: 'ana' },
    { name: 'user:ana', actor: 'https://idp.test', source: 'caep', reason: 'session-revoked' },
  ])
  await second.kill('SIGTERM')
  const names: string[] = []
  for await (const item of readLedger(join(directory, 'state', 'ledger'), 0, namesIn(join(directory, 'state'))))
    if (item.kind === 'entry' && item.entry.kind === 'revocation') names.push(item.entry.name)
  expect(names).toEqual(['user:tomas', 'agent:keyed', 'user:ana'])

  writeFileSync(join(directory, 'state', 'revocations.json'), '{"v":1,"revocations":[{"what":"agent"}]}')
  await expect(startWeir(config, directory)).rejects.toThrow('revocations.json cannot be used')
  await agent.stop()
})

function configFor(engine: string, url: string, { rows }: TestIssuer): Parameters<typeof startWeir>[0] {
  return {
    gateway: { engine },
    identity: { ...rows, api_keys: [apiKey('keyed', 'eve@corp.test')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      keyed: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url },
    },
    timeouts: { heartbeat_ms: 60_000 },
  }
}

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN
}
