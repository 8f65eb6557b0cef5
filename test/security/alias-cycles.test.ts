/** A cycle is found by who is called and not by how its name is written: another spelling is the same agent or none at all. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callHeaders, sendMessage } from '../support/caller.ts'
import { policyOpen } from '../support/loop.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'
import { eventually, Peer } from '../kit/edge.ts'

/** Ways to write the path of the orchestrator; the first is the plain one. */
const spellings = [
  '/a2a/orchestrator/',
  '/a2a/orchestrator',
  '/a2a/Orchestrator/',
  '/a2a/ORCHESTRATOR',
  '/a2a/orchestr%61tor/',
  '/a2a/orchestrator%2F',
  '/a2a/orchestrator%00/',
  '/a2a/orchestrator;v=2/',
  '/a2a/./orchestrator/',
  '/a2a/research/../orchestrator/',
  '/a2a//orchestrator/',
  '/A2A/orchestrator/',
  '/a2a/agent:orchestrator/',
  '/a2a/orchestrator./',
  '/a2a/orchestrator-/',
  '/a2a/%D0%BErchestrator/',
  '/a2a/orchestrator/?x=/a2a/writer/',
]

/** Written to the socket as it stands: `fetch` would tidy the path up. */
async function callBack(weir: Weir, path: string, txn: string): Promise<string> {
  const { port } = new URL(weir.url)
  const body = sendMessage('and back')
  const headers = { ...callHeaders('research'), 'txn-token': txn, host: 'weir.test', connection: 'close' }
  const lines = Object.entries({ ...headers, 'content-length': String(body.length) }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  const peer = new Peer(Number(port)).send(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
  return (await peer.untilClosed()).text
}

const answers: string[] = []
let path = ''
let weir: Weir
let orchestrator: ScriptedAgent
let research: ScriptedAgent

beforeAll(async () => {
  research = await startScriptedAgent(async ({ headers }) => {
    answers.push(await callBack(weir, path, String(headers['txn-token'])))
    return completedTask('done')
  })
  orchestrator = await startScriptedAgent(async ({ headers }) => {
    const own = { ...callHeaders('orchestrator'), 'txn-token': String(headers['txn-token']) }
    const onward = { method: 'POST', headers: own, body: sendMessage('go') }
    await (await fetch(`${weir.url}/a2a/research/`, onward)).text()
    return completedTask('done')
  })
  weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator'), apiKey('research')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: orchestrator.url },
      research: { url: research.url, groups: ['subagents'] },
    },
    // Everybody may call everybody, so that only the cycle itself stands in the way.
    policy: { dir: policyOpen },
    limits: { run: { laps_max: 0 } },
  })
})

afterAll(async () => {
  await weir.stop()
  await Promise.all([research.stop(), orchestrator.stop()])
})

test.each(spellings)('threat 20: A, B and back to A as %s goes no second time', async (spelled) => {
  const before = [orchestrator.asked.length, research.asked.length, answers.length] as const
  path = spelled
  const body = sendMessage('start')
  await (await fetch(`${weir.url}/a2a/orchestrator/`, { method: 'POST', headers: callHeaders('console'), body })).text()
  await eventually(() => answers.length > before[2])
  expect(answers.slice(before[2])).toEqual([expect.stringMatching(/\[weir:loop_detected\]|^HTTP\/1\.1 4\d\d/)])
  expect([orchestrator.asked.length, research.asked.length]).toEqual([before[0] + 1, before[1] + 1])
})
