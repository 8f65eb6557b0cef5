/** The rate is that of the agent. Another token, key, connection, run or spelling of the agent is the same agent. */
import { afterEach, expect, test } from 'vitest'
import { agentId } from '../support/hop.ts'
import { refusalOf, say } from '../support/caller.ts'
import type { Calling } from '../support/road.ts'
import { pave } from '../support/road.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir } from '../support/weir.ts'
import { credentials, openTokenTrial, person } from '../support/token-endpoint.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

const disguises: Readonly<Record<string, (n: number) => Calling>> = {
  'another jti each time': (n) => ({ proof: { kind: 'call_token', credentialId: `jti-${n}` } }),
  'another API key each time': (n) => ({ proof: { credentialId: `k${n}` } }),
  'another issuer each time': (n) => ({ proof: { issuer: `https://idp-${n}.example`, credentialId: `j${n}` } }),
  'another key it is bound to each time': (n) => ({
    proof: { boundTo: { kind: 'dpop', thumbprint: `${n}`.padEnd(43, 'x') }, credentialId: `j${n}` },
  }),
  'another person each time': (n) => ({ person: person(`person-${n}`) }),
  'another run id each time': (n) => ({ headers: { 'weir-run-id': `run_${String(n).padStart(32, '0')}` } }),
  'another address in front each time': (n) => ({
    headers: { 'x-forwarded-for': `10.0.0.${n}`, 'x-real-ip': `10.1.0.${n}` },
  }),
  'streams in between': (n) => ({ method: n % 2 === 0 ? 'SendMessage' : 'SendStreamingMessage' }),
}

const perMinute = 60

test.each(Object.keys(disguises))('threat 43: %s brings an agent not one call more', async (what) => {
  const limits = { on_breach: 'refuse', agent: { invokes_per_minute: perMinute } }
  const plain = await pave({ limits })
  for (let n = 0; n < perMinute * 3; n += 1) await plain.call('console', 'orchestrator')
  const trial = await pave({ limits })
  for (let n = 0; n < perMinute * 3; n += 1) await trial.call('console', 'orchestrator', disguises[what]?.(n))
  expect(plain.sent.length).toBeLessThanOrEqual(perMinute)
  expect(trial.sent).toHaveLength(plain.sent.length)
  expect(trial.road.limits.agent(agentId('agent:console'))).not.toBeNull()
})

test('threat 43: over the wire two keys of one agent share its rate, on fresh connections as well', async () => {
  const agent = await startScriptedAgent(() => completedTask('done'))
  open.push(() => agent.stop())
  const other = { ...apiKey('other', 'tomas'), id: 'console-2', agent: 'console' }
  const weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas'), other] },
    agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: agent.url } },
    limits: { on_breach: 'refuse', agent: { invokes_per_minute: 1 } },
  })
  open.push(() => weir.stop())
  const codes: (string | null)[] = []
  for (let n = 0; n < 10; n += 1) {
    const authorization = `Bearer ${keyOf(n % 2 === 0 ? 'console' : 'other')}`
    codes.push(
      refusalOf(
        await say(weir, { from: 'console', to: 'orchestrator', authorization, headers: { connection: 'close' } }),
      ),
    )
  }
  expect(codes.filter((code) => code === null)).toHaveLength(1)
  expect(new Set(codes)).toEqual(new Set([null, 'rate_limited']))
  expect(agent.asked).toHaveLength(1)
})

test('threat 43: the token endpoint counts the agent, whatever it proves itself with', async () => {
  const rows = {
    orchestrator: { may_start_runs: true, client: { autonomous: true }, limits: { invokes_per_minute: 5 } },
  }
  const statuses = async (method: 'private_key_jwt' | null): Promise<readonly number[]> => {
    const trial = await openTokenTrial({}, rows)
    const answers: number[] = []
    for (let n = 0; n < 30; n += 1) {
      if (method === null) trial.clientMethod = n % 2 === 0 ? 'tls_client_auth' : 'private_key_jwt'
      if (method === null) trial.clientCert = { kind: 'mtls', thumbprint: `${n}`.padEnd(43, 'x') }
      answers.push((await trial.ask(credentials('orchestrator', 'research'))).status)
    }
    return answers
  }
  const plain = await statuses('private_key_jwt')
  expect(plain).toContain(429)
  expect(await statuses(null)).toEqual(plain)
})
