/**
 * A lock file, so that two processes never write one state directory. It names its holder by pid and start time, so
 * a lock whose holder died, or whose pid now belongs to somebody else, is taken over instead of blocking a restart.
 */

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Held from `takeLock` until `release`; a crash leaves the file, and the next start takes it over. */
export interface Lock {
  readonly path: string
  release(): void
}

const fileName = 'instance.lock'
/** Every round either ends or finds the lock changed by somebody who was faster. */
const rounds_max = 5
const holderForm = /^(\d{1,10}) (\d{0,20})\n$/

/** Takes the lock of `dir`, making the directory if need be; otherwise the sentence that names who holds it. */
export function takeLock(dir: string): Lock | string {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, fileName)
  const mine = `${process.pid} ${startOf(process.pid) ?? ''}\n`
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, mine, { mode: 0o600 })
  try {
    for (let round = 0; round < rounds_max; round++) {
      if (linked(draft, path)) return { path, release: () => release(path, mine) }
      const holder = readOrNull(path)
      if (holder === null) continue
      const pid = livingHolder(holder)
      if (pid !== null) return `${dir} is in use by the running process ${pid}; stop it or choose another directory`
      moveAside(path, holder)
    }
    return `${dir} is being taken by several processes at once; start one of them again`
  } finally {
    rmSync(draft, { force: true })
  }
}

/** A link appears with its content or not at all, so nobody ever reads half a lock. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Removes a dead holder's lock. If somebody was faster and this moved a living one, it is put back. */
function moveAside(path: string, dead: string): void {
  const aside = `${path}.dead.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  if (readOrNull(aside) !== dead) linked(aside, path)
  rmSync(aside, { force: true })
}

function release(path: string, mine: string): void {
  if (readOrNull(path) === mine) rmSync(path, { force: true })
}

/** The pid in the lock if that very process still runs; null for a dead holder or an unreadable lock. */
function livingHolder(holder: string): number | null {
  const found = holderForm.exec(holder)
  if (!found) return null
  const pid = Number(found[1])
  if (!isRunning(pid)) return null
  const start = startOf(pid)
  return start === null || found[2] === '' || start === found[2] ? pid : null
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user runs too; it only may not be signalled.
    return isCode(error, 'EPERM')
  }
}

/** When a process started, in clock ticks since boot (proc(5), stat field 22); null where there is no /proc. */
function startOf(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`)
  // The command, field 2, is in parentheses and may hold anything, parentheses and spaces included.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ESRCH')) return null
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}
