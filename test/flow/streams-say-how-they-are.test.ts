/** A stream that has nothing to say is kept alive, and one that cannot begin says so in a way every client notices. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DialectName } from '../../src/domain/call.ts'
import { isRest, versionOf } from '../../src/protocol/a2a/methods.ts'
import { callHeaders, sendMessage } from '../support/caller.ts'
import { policyOpen } from '../support/loop.ts'
import { sdkClientsWith } from '../support/sdk-clients.ts'
import { type SlowAgent, startSlowAgent } from '../support/slow-agent.ts'
import { dialects, type WayToName, writeQuestion } from '../support/task-asker.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let agent: SlowAgent
let weir: Weir

beforeAll(async () => {
  agent = await startSlowAgent(false)
  weir = await startWeir({
    gateway: { public_url: undefined },
    identity: { api_keys: [apiKey('alice', 'alice')] },
    agents: { alice: { may_start_runs: true }, slow: { url: agent.url }, polled: { url: agent.url, streams: false } },
    policy: { dir: policyOpen },
    timeouts: { heartbeat_ms: 50 },
  })
})

afterAll(async () => {
  await agent.stop()
  await weir.stop()
})

/** The agent's tasks go on until they are told, so nobody waits for their end. */
async function start(to = 'slow'): Promise<string> {
  const body = sendMessage('hello').replace('"message"', '"configuration":{"returnImmediately":true},"message"')
  const answer = await fetch(`${weir.url}/a2a/${to}/`, { method: 'POST', headers: callHeaders('alice'), body })
  return ((await answer.json()) as { readonly result: { readonly task: { readonly id: string } } }).result.task.id
}

async function ask(dialect: DialectName, way: WayToName, id: string, to: string): Promise<Response> {
  const { method, path, body } = writeQuestion({ dialect, way, id })
  const headers = {
    authorization: `Bearer ${keyOf('alice')}`,
    'a2a-version': versionOf(dialect),
    ...(body === null ? {} : { 'content-type': 'application/json' }),
  }
  return await fetch(`${weir.url}/a2a/${to}${path}`, { method, headers, body })
}

/** Reads until there are so many comments behind the first event; what was read. */
async function readBeats(answer: Response, beats: number): Promise<string> {
  let text = ''
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    if ((text.slice(text.indexOf('data: ')).match(/^:$/gm)?.length ?? 0) >= beats) break
  }
  return text
}

const ways = ['stream taskId', 'subscribe'] as const

describe.each(dialects)('over %s', (dialect) => {
  test.each(ways)('a silent agent is heard of by heartbeats that every client skips: %s', async (way) => {
    for (const to of ['slow', 'polled']) {
      const id = await start(to)
      const text = await readBeats(await ask(dialect, way, id, to), 3)
      expect(text, to).toMatch(/^:$/m)
      const lines = text.split('\n').filter((line) => line !== '')
      expect(lines.filter((line) => line !== ':' && !line.startsWith('data: '))).toEqual([])
      expect(lines.filter((line) => line.startsWith('data: '))).toHaveLength(1)
    }
  })

  test('subscribing to a task that is over fails before anything is streamed', async () => {
    const id = await start()
    agent.finish(id)
    await ask(dialect, 'get', id, 'slow').then((answer) => answer.text())
    // The streams of earlier tests are still being let go of, so only what is asked about this task counts.
    const askedAbout = (): number => agent.asked.filter(({ raw }) => raw.includes(id)).length
    const asked = askedAbout()
    const answer = await ask(dialect, 'subscribe', id, 'slow')
    const text = await answer.text()
    expect(answer.status).toBe(isRest(dialect) ? 400 : 200)
    const json = JSON.parse(text.replace(/^data: /, '')) as unknown
    expect(json).toMatchObject(
      dialect === 'a2a-0.3-rest'
        ? { code: -32_004 }
        : { error: isRest(dialect) ? { code: 400, status: 'FAILED_PRECONDITION' } : { code: -32_004 } },
    )
    expect(askedAbout()).toBe(asked)
  })

  test('a task that ended without anybody seeing it is shown as it stands, and the stream ends', async () => {
    const id = await start()
    agent.finish(id)
    const text = await (await ask(dialect, 'subscribe', id, 'slow')).text()
    const events = text.split('\n\n').filter((event) => event.startsWith('data: '))
    expect(events.at(-1)).toMatch(/"state":"(TASK_STATE_COMPLETED|completed)"/)
  })
})

const clients = (['jsonrpc', 'rest'] as const).flatMap((binding) =>
  sdkClientsWith({ authorization: `Bearer ${keyOf('alice')}` }, binding).map(
    (client) => [client.name, binding, client] as const,
  ),
)

test.each(clients)('%s over %s throws where the task it subscribes to is over', async (_name, _binding, client) => {
  const id = await start()
  agent.finish(id)
  await (await ask('a2a-1.0-jsonrpc', 'get', id, 'slow')).text()
  await expect(client.follow(`${weir.url}/a2a/slow/`, id)).rejects.toThrow(/over already|-32004|nsupported/)
  await expect(client.follow(`${weir.url}/a2a/slow/`, 'task-nobody-has')).rejects.toThrow(
    /no such task|not found|-32001/i,
  )
})
