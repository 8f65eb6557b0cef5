/** Clients hear of their tasks by webhook, whatever their agent knows of push, in the words of their own revision. */
import { afterEach, expect, test } from 'vitest'
import { callHeaders } from '../support/caller.ts'
import { policyOpen } from '../support/loop.ts'
import { type PollAgent, startPollAgent } from '../support/poll-agent.ts'
import { until } from '../support/relay.ts'
import { startWebhook, type TestWebhook } from '../support/webhook.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const secrets = { token: 'token-of-the-client', credentials: 'credentials-of-the-client' }
const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

interface Stage {
  readonly weir: Weir
  readonly agent: PollAgent
  readonly webhook: TestWebhook
}

async function stage(version: '1.0' | '0.3', answers: readonly number[] = []): Promise<Stage> {
  const agent = await startPollAgent(version)
  open.push(() => agent.stop())
  const webhook = await startWebhook(answers)
  open.push(() => webhook.stop())
  const weir = await startWeir(configFor(agent, version))
  open.push(() => weir.stop())
  return { weir, agent, webhook }
}

function configFor(agent: PollAgent, version: '1.0' | '0.3', allow: readonly string[] = ['127.0.0.1']) {
  return {
    gateway: { outside: { allow } },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: { console: { may_start_runs: true }, helper: { url: agent.url, versions: [version], streams: false } },
    policy: { dir: policyOpen },
  }
}

/** A call that brings its webhook along; answers what Weir answered. */
async function sendWith(weir: Weir, version: '1.0' | '0.3', url: string): Promise<string> {
  const { token, credentials } = secrets
  const config10 = { url, token, authentication: { scheme: 'Bearer', credentials } }
  const config03 = { url, token, authentication: { schemes: ['Bearer'], credentials } }
  const message10 = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
  const message03 = { kind: 'message', messageId: 'm', role: 'user', parts: [{ kind: 'text', text: 'hi' }] }
  const asked =
    version === '1.0'
      ? {
          method: 'SendMessage',
          params: {
            message: message10,
            configuration: { returnImmediately: true, taskPushNotificationConfig: config10 },
          },
        }
      : {
          method: 'message/send',
          params: { message: message03, configuration: { blocking: false, pushNotificationConfig: config03 } },
        }
  const headers = { ...callHeaders('console'), 'a2a-version': version }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, ...asked })
  return await (await fetch(`${weir.url}/a2a/helper/`, { method: 'POST', headers, body })).text()
}

const bodies = ({ delivered }: TestWebhook): readonly unknown[] =>
  delivered.map(({ body }): unknown => JSON.parse(body))

const pairs = [
  ['0.3', '1.0', { kind: 'task', status: { state: 'completed' } }],
  ['1.0', '0.3', { statusUpdate: { status: { state: 'TASK_STATE_COMPLETED' } } }],
] as const

test.each(pairs)(
  'a client of %s hears of the task of an agent of %s that knows neither streams nor push, and the agent nothing of it',
  async (client, version, last) => {
    const { weir, agent, webhook } = await stage(version)
    expect(await sendWith(weir, client, webhook.url)).toMatch(/"(TASK_STATE_WORKING|working)"/)
    agent.work('one')
    await until(() => webhook.delivered.some(({ body }) => body.includes('one')))
    agent.finish()
    await until(() => /"(completed|TASK_STATE_COMPLETED)"/.test(webhook.delivered.at(-1)?.body ?? ''))
    expect(bodies(webhook).at(-1)).toMatchObject(last)
    const { headers } = webhook.delivered.at(-1) ?? { headers: {} }
    expect(headers).toMatchObject({
      authorization: `Bearer ${secrets.credentials}`,
      'x-a2a-notification-token': secrets.token,
      'a2a-version': client,
    })
    const heard = agent.heard()
    for (const secret of [...Object.values(secrets), webhook.url, new URL(webhook.url).host])
      expect(heard).not.toContain(secret)
    expect(heard).not.toMatch(/pushNotification/i)
  },
)

test('events keep their order while the webhook fails, and each arrives', async () => {
  const { weir, agent, webhook } = await stage('1.0', [500, 500])
  await sendWith(weir, '1.0', webhook.url)
  for (const step of ['one', 'two', 'three']) {
    agent.work(step)
    await until(() => agent.seen(step))
  }
  agent.finish()
  await until(() => webhook.delivered.some(({ body }) => body.includes('COMPLETED')))
  const texts = webhook.taken.flatMap(({ body }) => /"text":"(\w+)"/.exec(body)?.[1] ?? [])
  expect(texts).toEqual(['one', 'two', 'three'])
  expect(webhook.taken.at(-1)?.body).toContain('TASK_STATE_COMPLETED')
  const ids = webhook.delivered.map(({ headers }) => headers['weir-delivery-id'])
  expect(ids.slice(0, 3)).toEqual([ids[0], ids[0], ids[0]])
})

test('what a receiver says is gone becomes a dead letter, which an operator sees and sends again', async () => {
  const { weir, agent, webhook } = await stage('1.0', [204, 410])
  await sendWith(weir, '1.0', webhook.url)
  agent.work('one')
  await until(() => webhook.taken.length === 1)
  agent.finish()
  await until(() => webhook.delivered.length === 2)
  const dead = async () => (await weir.ask<{ readonly dead: readonly Dead[] }>('/api/v1/push/dead')).dead
  await expect.poll(dead).toHaveLength(1)
  const [letter] = await dead()
  expect(letter).toMatchObject({ agent: 'agent:helper', reason: expect.stringContaining('gone') as string })
  for (const secret of [...Object.values(secrets), webhook.url]) expect(JSON.stringify(letter)).not.toContain(secret)
  await expect(weir.ask(`/api/v1/push/dead/${letter?.id}/retry`, {})).rejects.toThrow('400')
  await expect(weir.ask('/api/v1/push/dead/dlv_0/retry', { reason: 'x' })).rejects.toThrow('404')
  expect(await weir.ask(`/api/v1/push/dead/${letter?.id}/retry`, { reason: 'it is back' })).toMatchObject({
    id: letter?.id,
  })
  await until(() => webhook.taken.some(({ headers }) => headers['weir-delivery-id'] === letter?.id))
  expect(await dead()).toEqual([])
})

interface Dead {
  readonly id: string
}

const inside = [
  'http://169.254.169.254/latest/meta-data/',
  'http://[::ffff:169.254.169.254]/',
  'http://2852039166/',
  'http://10.0.0.8/hook',
  'http://192.168.1.1/hook',
  'http://[fd00::1]/hook',
  'http://127.0.0.2/hook',
  'http://[::1]/hook',
  'http://no-such-name.invalid/hook',
  'file:///etc/passwd',
  'http://user:secret@example.com/hook',
  'http://0.0.0.0/hook',
]

test('a webhook inside is refused when it is registered, and once more when it is to be told', async () => {
  const { weir, agent, webhook } = await stage('1.0')
  const asked = agent.heard().length
  for (const url of inside) expect(await sendWith(weir, '1.0', url), url).toContain('-32602')
  expect(agent.heard()).toHaveLength(asked)
  await sendWith(weir, '1.0', webhook.url)
  await weir.kill('SIGKILL')
  // What was fine when it was registered is not by now, as with a name that points elsewhere the second time.
  const strict = await startWeir(configFor(agent, '1.0', []), weir.directory)
  open.push(() => strict.stop())
  agent.finish()
  const waiting = async () => (await strict.ask<{ readonly waiting: number }>('/api/v1/push/dead')).waiting
  await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThan(0)
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(webhook.delivered).toEqual([])
})

const kills = 4
const tasksEach = 5

test('what happened right before a kill -9 is told once or twice, never not at all', async () => {
  const { weir, agent, webhook } = await stage('1.0')
  let running = weir
  for (let kill = 0; kill < kills; kill += 1) {
    const answers = Array.from({ length: tasksEach }, () => sendWith(running, '1.0', webhook.url))
    const ids = (await Promise.all(answers)).map((text) => /"id":"(task-\d+)"/.exec(text)?.[1] ?? 'none')
    agent.finish()
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 400))
    await running.kill('SIGKILL')
    running = await startWeir(configFor(agent, '1.0'), running.directory)
    const again = running
    open.push(() => again.stop())
    const told = (id: string) =>
      webhook.delivered.filter(({ body }) => body.includes(`"${id}"`) && body.includes('COMPLETED')).length
    await expect.poll(() => ids.every((id) => told(id) > 0), { timeout: 20_000 }).toBe(true)
    for (const id of ids) expect(told(id)).toBeLessThanOrEqual(2)
  }
}, 240_000)
