import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { helper, partyOf, taskRow, tasksIn } from '../support/tasks.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

/** A disk of 4 MiB, or null where a test may not mount one; the unit tests of the table cover the same with a seam. */
function smallDisk(): string | null {
  const at = tempFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', at], { stdio: 'ignore' })
  } catch {
    return null
  }
  onTestFinished(() => void execFileSync('umount', ['-l', at]))
  return at
}

test('on a full disk tasks are known and not called kept, and are all kept when there is space', async (context) => {
  const disk = smallDisk() ?? context.skip('mounting is not permitted here')
  const dir = join(disk, 'state')
  const owner = partyOf('alice')
  const tasks = await tasksIn(dir, { maximums: { tasks: 100_000 } })
  expect(await tasks.put(taskRow('before', owner))).toBe(true)
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(statfsSync(disk).bavail * 4096 - 65_536))
  const snapshot = 'x'.repeat(2000)
  const kept: boolean[] = []
  while (kept.at(-1) !== false && kept.length < 1000)
    kept.push(await tasks.put(taskRow(`t${kept.length}`, owner, { snapshot })))
  expect(kept.at(-1)).toBe(false)
  expect(tasks.health()).toContain('full')
  const refused = await Promise.all(Array.from({ length: 300 }, (_, n) => tasks.put(taskRow(`late${n}`, owner))))
  expect(refused).not.toContain(true)
  tasks.update(helper, 'before', { memo: 'm' })
  expect(tasks.find(helper, 'late299')?.taskId).toBe('late299')
  rmSync(join(disk, 'ballast'))
  const end = performance.now() + 20_000
  while (tasks.health() !== null && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(tasks.health()).toBeNull()
  expect(await tasks.put(taskRow('after', owner))).toBe(true)
  const { size } = tasks
  await tasks.close()
  const again = await tasksIn(dir, { maximums: { tasks: 100_000 } })
  expect(again.size).toBe(size)
  expect(again.find(helper, 'before')?.memo).toBe('m')
  await again.close()
})
