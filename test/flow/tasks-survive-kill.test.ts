import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTasks } from '../../src/tasks/tasks.ts'
import { helper, partyOf, settingsOf, taskRow, tasksIn } from '../support/tasks.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

const keeper = join(import.meta.dirname, 'task-keeper.ts')
const kills = 32

/** Lets a process keep tasks for a while after the first that it called kept, then kills it with SIGKILL; answers all of those. */
function keepUntilKilled(dir: string, round: number, after_ms: number): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [keeper, dir, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), after_ms))
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('error', reject)
    child.on('close', (_code, signal) => {
      expect(signal).toBe('SIGKILL')
      resolve(text.split('\n').slice(0, -1))
    })
  })
}

test(
  'whenever the gateway is killed, every task it called kept is there again',
  async () => {
    let dir = ''
    let all: string[] = []
    for (let round = 0; round < kills; round += 1) {
      // Several kills of one database, and several databases, for a start on a large one takes its time.
      if (round % 4 === 0) [dir, all] = [tempFolder(), []]
      const told = await keepUntilKilled(dir, round, (round * 37) % 90)
      expect(told.length).toBeGreaterThan(0)
      all.push(...told)
      const tasks = await tasksIn(dir, { maximums: { tasks: 1_000_000 } })
      const lost = all.filter((id) => tasks.find(helper, id)?.memo !== 'second')
      await tasks.close()
      expect(lost).toEqual([])
    }
  },
  kills * 5000,
)

test('only their owner may read the files, and one process at a time writes them', async () => {
  const dir = tempFolder()
  const tasks = await tasksIn(dir)
  expect(await tasks.put(taskRow('t', partyOf('alice')))).toBe(true)
  for (const name of ['tasks.db', 'tasks.db-wal']) expect(statSync(join(dir, name)).mode & 0o077).toBe(0)
  const workerUrl = new URL('../../src/threads/tasks-worker.ts', import.meta.url)
  const second = await openTasks({ ...settingsOf(), dir, workerUrl })
  expect(second.kind === 'tasks_problem' && second.sentence).toContain('database is locked')
  await tasks.close()
  const third = await tasksIn(dir)
  expect(third.find(helper, 't')?.taskId).toBe('t')
  await third.close()
})
