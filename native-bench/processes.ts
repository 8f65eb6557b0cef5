/** Child processes of a benchmark: started, waited for until they say where they listen, measured, stopped by pid. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** User and system CPU time used so far, in microseconds. */
export interface Cpu {
  readonly all_us: number
  /** Of the thread that serves; the rest is garbage collection, signatures and the ledger. */
  readonly main_us: number
}

export interface Server extends AsyncDisposable {
  readonly name: string
  readonly url: string
  /** Where its operators ask, if it has such a place. */
  readonly admin: string
  cpu(): Cpu
  /** Resident memory now. */
  rss_bytes(): number
}

const ready_ms = 20_000
const stop_ms = 5000
/** Linux counts CPU time in ticks of 1/100 s (sysconf _SC_CLK_TCK). */
const tick_us = 10_000
const page_bytes = 4096

interface Ready {
  readonly url?: string
  readonly data?: string
  readonly admin?: string
}

/** Starts `node file ...args`; the child prints one JSON line with a member `url` or `data` when it is ready. */
export async function startServer(name: string, file: string, args: readonly string[] = []): Promise<Server> {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const orphaned = (): void => void child.kill('SIGKILL')
  process.once('exit', orphaned)
  const stopped = async (): Promise<void> => {
    await stop(child)
    process.off('exit', orphaned)
  }
  const said = await readyLine(child)
  const url = said?.url ?? said?.data
  if (url === undefined) {
    await stopped()
    throw new Error(`${name} did not say where it listens within ${ready_ms} ms`)
  }
  const pid = child.pid ?? 0
  const cpu = (): Cpu => ({
    all_us: cpuOf(`/proc/${pid}/stat`),
    main_us: cpuOf(`/proc/${pid}/task/${pid}/stat`),
  })
  const rss_bytes = (): number => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * page_bytes
  return { name, url, admin: said?.admin ?? '', cpu, rss_bytes, [Symbol.asyncDispose]: stopped }
}

async function readyLine(child: ChildProcess): Promise<Ready | null> {
  if (!child.stdout) return null
  for await (const line of createInterface({ input: child.stdout, signal: AbortSignal.timeout(ready_ms) })) {
    if (line.startsWith('{')) return JSON.parse(line) as Ready
  }
  return null
}

function cpuOf(path: string): number {
  const stat = readFileSync(path, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tick_us
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const hard = setTimeout(() => child.kill('SIGKILL'), stop_ms)
    child.once('exit', () => {
      clearTimeout(hard)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
