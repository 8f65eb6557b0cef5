import { describe, expect, test } from 'vitest'
import type { Party, TaskRow } from '../../../src/domain/task.ts'
import type { TasksFacts } from '../../support/tasks.ts'
import type { PushDraft } from '../../../src/tasks/push/contract.ts'
import { readPushConfig, writePushConfig } from '../../../src/tasks/push/draft.ts'
import { agent, hop } from '../ledger/entries.ts'
import { draftOf, helper, MemoryPaper, partyOf, taskRow, tasksOn } from '../../support/tasks.ts'

const alice = partyOf('alice')
const row = taskRow('t', alice)

async function withTask(facts: TasksFacts = {}) {
  const paper = new MemoryPaper()
  const tasks = tasksOn(paper, facts)
  await tasks.put(row)
  return { paper, tasks }
}

describe('a push config', () => {
  test('is shown without its secrets, replaced by its id, and gone when it was deleted, also after a restart', async () => {
    const { paper, tasks } = await withTask()
    const made = await tasks.push.put(draftOf({ version: '0.3' }), row, alice)
    expect(made).toEqual({
      id: expect.stringMatching(/^push_/) as string,
      url: 'https://client.example/hook',
      scheme: 'Bearer',
      version: '0.3',
    })
    await tasks.push.put(draftOf({ id: 'mine' }), row, alice)
    await tasks.push.put(draftOf({ id: 'mine', url: 'https://other.example/' }), row, alice)
    for (const one of [tasks, tasksOn(paper)]) {
      expect(one.push.list(helper, 't')).toEqual([
        made,
        { id: 'mine', url: 'https://other.example/', scheme: 'Bearer', version: '1.0' },
      ])
      expect(one.push.get(helper, 't', 'mine')?.url).toBe('https://other.example/')
    }
    expect(await tasks.push.delete(helper, 't', 'mine')).toBe(true)
    expect(await tasks.push.delete(helper, 't', 'mine')).toBe(false)
    for (const one of [tasks, tasksOn(paper)]) expect(one.push.list(helper, 't')).toEqual([made])
    expect([tasks.push.list(agent('twin'), 't'), tasks.push.get(helper, 'u', 'mine')]).toEqual([[], null])
  })

  test('leaves nothing of itself in a row of the disk that could be read without the key', async () => {
    const { paper, tasks } = await withTask()
    await tasks.push.put(draftOf({ id: 'mine' }), row, alice)
    const text = JSON.stringify([...(paper.rows.get('push_configs') ?? [])])
    expect(text).toContain('mine')
    for (const secret of ['token-of-the-client', 'credentials-of-the-client', 'client.example'])
      expect(text).not.toContain(secret)
  })

  test('is refused for whom the task is not, for a URL that is judged bad, and where there is no room', async () => {
    const judgeUrl = (url: string): string | null => (url.startsWith('https:') ? null : 'only https')
    const { paper, tasks } = await withTask({ judgeUrl, maximums: { push_configs: 17 } })
    const reasonOf = async (draft: PushDraft, of: TaskRow, caller: Party): Promise<string | null> => {
      const answer = await tasks.push.put(draft, of, caller)
      return 'reason' in answer ? answer.reason : null
    }
    expect(await reasonOf(draftOf(), row, partyOf('bob'))).toBe('not_yours')
    expect(await reasonOf(draftOf(), taskRow('u', alice), alice)).toBe('not_yours')
    expect(await reasonOf(draftOf({ url: 'http://client.example' }), row, alice)).toBe('bad_url')
    for (let n = 0; n < 16; n += 1) expect(await reasonOf(draftOf(), row, alice)).toBeNull()
    expect(await reasonOf(draftOf(), row, alice)).toBe('too_many')
    const second = taskRow('u', alice)
    await tasks.put(second)
    expect(await reasonOf(draftOf(), second, alice)).toBeNull()
    expect(await reasonOf(draftOf(), second, alice)).toBe('full')
    paper.fault = 'the disk is full'
    await tasks.put(row)
    await tasks.push.delete(helper, 'u', tasks.push.list(helper, 'u')[0]?.id ?? '')
    expect(await reasonOf(draftOf(), second, alice)).toBe('not_kept')
    expect(tasks.push.list(helper, 'u')).toEqual([])
  })

  test('does not pass to whom the id of the task is given next', async () => {
    const { paper, tasks } = await withTask()
    await tasks.push.put(draftOf(), row, alice)
    tasks.update(helper, 't', { state: 'TASK_STATE_COMPLETED' })
    await tasks.put(taskRow('t', partyOf('bob')))
    for (const one of [tasks, tasksOn(paper)]) expect(one.push.list(helper, 't')).toEqual([])
    expect(paper.rows.get('push_configs')?.size).toBe(0)
  })
})

describe('what a client writes', () => {
  const url = 'https://client.example/hook'

  test('is read with and without each member', () => {
    const bare = { id: null, url, token: null, scheme: null, credentials: null, version: '1.0' }
    expect(readPushConfig({ url }, '1.0')).toEqual(bare)
    expect(readPushConfig({ url, id: '', token: '', authentication: { scheme: '' } }, '1.0')).toEqual(bare)
    const authentication = { scheme: 'Bearer', credentials: 'c d' }
    const full = readPushConfig({ taskId: 't', id: 'i', url, token: 'k', authentication }, '0.3')
    expect(full).toEqual({ id: 'i', url, token: 'k', scheme: 'Bearer', credentials: 'c d', version: '0.3' })
    expect(writePushConfig({ id: 'i', url, scheme: 'Bearer', version: '1.0' }, 't')).toEqual({
      taskId: 't',
      id: 'i',
      url,
      authentication: { scheme: 'Bearer' },
    })
  })

  test.each([
    [{}],
    [{ url: 'hook' }],
    [{ url: 7 }],
    [{ url: `https://client.example/${'x'.repeat(2048)}` }],
    [{ url, id: 7 }],
    [{ url, id: 'x'.repeat(513) }],
    [{ url, token: 'a\r\nx-evil: 1' }],
    [{ url, token: 'é' }],
    [{ url, token: ' padded ' }],
    [{ url, token: {} }],
    [{ url, authentication: 'Bearer' }],
    [{ url, authentication: { scheme: 'Bearer x' } }],
    [{ url, authentication: { scheme: 'Bearer\n' } }],
    [{ url, authentication: { scheme: 'Bearer', credentials: 'a\nb' } }],
  ])('is refused where it could not be written into headers: %j', (json) => {
    expect(readPushConfig(json, '1.0')).toEqual(expect.any(String))
  })
})

describe('an agent that calls back', () => {
  test('is believed with the credential, or with the token under either name, and with nothing else', async () => {
    const { paper, tasks } = await withTask()
    await tasks.put(taskRow('u', alice, { hop: hop(2) }))
    const ours = tasks.push.secretsFor(helper, 't')
    const others = tasks.push.secretsFor(helper, 'u')
    if (!ours || !others) throw new Error('both tasks are known')
    expect(tasks.push.secretsFor(helper, 'unknown')).toBeNull()
    const all = [ours, others].flatMap(({ opaque, token, credentials }) => [opaque, token, credentials])
    expect(new Set(all).size).toBe(6)
    const ask = (name: string, value: string, opaque = ours.opaque) =>
      tasks.push.accept(opaque, new Map([[name, value]]))
    expect(ask('authorization', `Bearer ${ours.credentials}`)?.taskId).toBe('t')
    expect(ask('authorization', `bearer ${ours.credentials}`)?.taskId).toBe('t')
    expect(ask('x-a2a-notification-token', ours.token)?.taskId).toBe('t')
    expect(ask('a2a-notification-token', ours.token)?.taskId).toBe('t')
    for (const wrong of ['', ours.token, others.credentials, 'undefined', `${ours.credentials}x`])
      expect(ask('authorization', `Bearer ${wrong}`)).toBeNull()
    for (const wrong of ['', ours.credentials, others.token, `${ours.token}x`])
      expect(ask('x-a2a-notification-token', wrong)).toBeNull()
    for (const opaque of ['', 'x', `${ours.opaque}A`, others.opaque, ours.token])
      expect(ask('x-a2a-notification-token', ours.token, opaque)).toBeNull()
    expect(tasks.push.accept(ours.opaque, new Map())).toBeNull()
    expect(tasksOn(paper).push.secretsFor(helper, 't')).toEqual(ours)
  })

  test('about a task that was given to another is not', async () => {
    const { tasks } = await withTask()
    const ours = tasks.push.secretsFor(helper, 't')
    tasks.update(helper, 't', { state: 'TASK_STATE_COMPLETED' })
    await tasks.put(taskRow('t', partyOf('bob')))
    expect(tasks.push.accept(ours?.opaque ?? '', new Map([['a2a-notification-token', ours?.token ?? '']]))).toBeNull()
  })
})
