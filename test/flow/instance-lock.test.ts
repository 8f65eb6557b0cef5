import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeLock, type Lock } from '../../src/base/instance-lock.ts'

const holderScript = `
  import { takeLock } from ${JSON.stringify(join(import.meta.dirname, '../../src/base/instance-lock.ts'))}
  const lock = takeLock(process.argv[1])
  console.log(typeof lock === 'string' ? lock : 'held')
  setInterval(() => {}, 1000)
`

let dir = ''
const children: ChildProcess[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-lock-'))
})

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
  rmSync(dir, { recursive: true, force: true })
})

function taken(): Lock {
  const lock = takeLock(dir)
  if (typeof lock === 'string') throw new Error(lock)
  return lock
}

async function holder(): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', holderScript, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, said: said.toString().trim() }
}

test('a second process is refused and told the pid that holds the directory', async () => {
  const first = await holder()
  expect(first.said).toBe('held')
  expect(takeLock(dir)).toContain(`process ${first.child.pid};`)
  expect((await holder()).said).toContain(`process ${first.child.pid};`)
})

test('the lock of a killed process is taken over', async () => {
  const { child } = await holder()
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(takeLock(dir)).toHaveProperty('release')
})

test('the lock of a living pid that started at another time is taken over', () => {
  writeFileSync(join(dir, 'instance.lock'), `${process.pid} 1\n`)
  expect(takeLock(dir)).toHaveProperty('release')
})

test.each(['', 'rubbish', '999999999999999999 1\n'])('an unreadable lock %j is taken over', (content) => {
  writeFileSync(join(dir, 'instance.lock'), content)
  expect(takeLock(dir)).toHaveProperty('release')
})

test('the same process does not get the lock twice, and gets it again after release', () => {
  const lock = taken()
  expect(takeLock(dir)).toContain(`process ${process.pid};`)
  lock.release()
  expect(readdirSync(dir)).toEqual([])
  expect(takeLock(dir)).toHaveProperty('release')
  lock.release()
})

test('release leaves the lock of somebody else alone', () => {
  const lock = taken()
  writeFileSync(lock.path, '1 1\n')
  lock.release()
  expect(readFileSync(lock.path, 'utf8')).toBe('1 1\n')
})

test('of many processes that find a dead lock at once, exactly one gets it', async () => {
  writeFileSync(join(dir, 'instance.lock'), '999999999 1\n')
  const all = await Promise.all(Array.from({ length: 6 }, holder))
  expect(all.filter(({ said }) => said === 'held')).toHaveLength(1)
})
