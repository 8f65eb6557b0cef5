/** Webhooks in the matrix: registered at Weir, shown without their secrets, and never told to the agent. */
import { expect } from 'vitest'
import { errorOf, freshWord, type Scenario, taskIn, until } from './matrix-pair.ts'

export const pushScenarios: Readonly<Record<string, Scenario>> = {
  'webhooks are kept by Weir, and their secrets by it alone': async ({ client, agent, webhook }) => {
    const word = freshWord()
    const { id } = taskIn(await client.send({ text: 'ask' }))
    const config = { id: 'c1', url: `${webhook.url}?${word}`, token: `token-${word}`, credentials: `secret-${word}` }
    const shown = { id: 'c1', url: config.url }
    const created = await client.createPush(id, config)
    expect(created).toMatchObject(shown)
    expect(await client.getPush(id, 'c1')).toMatchObject(shown)
    expect(await client.listPush(id)).toMatchObject([shown])
    for (const read of [await client.getPush(id, 'c1'), ...(await client.listPush(id))])
      expect(JSON.stringify(read)).not.toMatch(new RegExp(`(token|secret)-${word}`))
    await client.deletePush(id, 'c1')
    expect(await client.listPush(id)).toEqual([])
    expect((await errorOf(client.getPush(id, 'c1'))).message).not.toContain('no error')
    expect(agent.tapped.filter(({ asked }) => asked().includes(word))).toEqual([])
  },
  'a webhook hears of the end of a task, whoever its agent is': async ({
    client,
    agent,
    gates,
    webhook,
    clientKind,
  }) => {
    const word = freshWord()
    const push = { id: 'c1', url: `${webhook.url}?${word}`, token: `token-${word}`, credentials: `secret-${word}` }
    const { id } = taskIn(await client.send({ text: `hold ${word}`, blocking: false, push }))
    gates.gate(word).resolve()
    const mine = () => webhook.delivered.filter(({ body }) => body.includes(id))
    const done = clientKind.speaks === '1.0' ? 'TASK_STATE_COMPLETED' : '"completed"'
    const delivered = await until(mine, (all) => all.some(({ body }) => body.includes(done)))
    for (const { headers, body } of delivered) {
      expect(headers['authorization']).toBe(`Bearer secret-${word}`)
      expect(headers['x-a2a-notification-token']).toBe(`token-${word}`)
      expect(body.includes('"kind"')).toBe(clientKind.speaks === '0.3')
    }
    const secrets = new RegExp(`(token|secret)-${word}|${new URL(webhook.url).host}`)
    for (const { asked, headers } of agent.tapped) expect(asked() + JSON.stringify(headers)).not.toMatch(secrets)
  },
}
