/** Whoever copies the database of the tasks learns neither where clients listen nor what proves us to them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { draftOf, helper, Outside, partyOf, taskRow, tasksIn } from '../support/tasks.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

const secrets = ['token-of-the-client', 'credentials-of-the-client', 'client.example']

function bytesOf(dir: string): string {
  const names = readdirSync(dir).filter((name) => name.startsWith('tasks.db'))
  expect(names.length).toBeGreaterThan(0)
  return names.map((name) => readFileSync(join(dir, name), 'latin1')).join('')
}

test('the secrets of push configs and callbacks are in no file of the database, and nothing prints them', async () => {
  const dir = tempFolder()
  const outside = new Outside()
  outside.otherwise = 503
  const tasks = await tasksIn(dir, { post: outside.post })
  const row = taskRow('task-in-the-clear', partyOf('alice'))
  await tasks.put(row)
  await tasks.push.put(draftOf({ id: 'c' }), row, row.owner)
  expect(await tasks.push.notify(helper, row.taskId, 1, () => Buffer.from('body-in-the-clear'))).toBe(true)
  await tasks.push.put(draftOf({ id: 'c', token: 'token-of-the-client-2' }), row, row.owner)
  const callback = tasks.push.secretsFor(helper, row.taskId)
  if (!callback) throw new Error('the task is known')
  const all = [...secrets, callback.opaque, callback.token, callback.credentials]
  const open = bytesOf(dir)
  expect(open).toContain('task-in-the-clear')
  const shown = inspect([tasks, tasks.push, tasks.push.dead()], { depth: 20, showHidden: true })
  await tasks.close()
  const closed = bytesOf(dir)
  for (const text of [open, closed, shown, JSON.stringify(tasks)])
    expect(all.filter((secret) => text.includes(secret))).toEqual([])
})

test('a sealed config that is moved to another task is worth nothing there', async () => {
  const dir = tempFolder()
  const tasks = await tasksIn(dir)
  const row = taskRow('t', partyOf('alice'))
  for (const one of [row, taskRow('u', partyOf('alice'))]) await tasks.put(one)
  await tasks.push.put(draftOf({ id: 'c' }), row, row.owner)
  await tasks.close()
  const { DatabaseSync } = await import('node:sqlite')
  using database = new DatabaseSync(join(dir, 'tasks.db'))
  database.exec(`UPDATE push_configs SET body = replace(body, '"taskId":"t"', '"taskId":"u"')`)
  database.close()
  const again = await tasksIn(dir)
  expect(again.find(helper, 'u')?.taskId).toBe('u')
  expect([again.push.list(helper, 't'), again.push.list(helper, 'u')]).toEqual([[], []])
  await again.close()
})
