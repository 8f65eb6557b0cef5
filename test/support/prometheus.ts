/** A real Prometheus with a configuration of its own; stopped by its own pid. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Prometheus {
  /** What its HTTP API answers: the `data` of a success. */
  ask<Data>(path: string): Promise<Data>
  stop(): Promise<void>
}

const ready_ms = 60_000
const look_ms = 100

/** Whether the Debian packages' own checker accepts a page of metrics: null, or what it says. */
export function lint(page: string): string | null {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8' })
  return status === 0 ? null : `${stdout}${stderr}` || 'promtool is not there: apt-get install prometheus'
}

/** `config` is the file as an object, for JSON is YAML. */
export async function startPrometheus(config: object): Promise<Prometheus> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-prometheus-'))
  const file = join(directory, 'prometheus.yml')
  writeFileSync(file, JSON.stringify(config))
  const address = `127.0.0.1:${await freePort()}`
  const flags = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=${address}`,
    '--enable-feature=exemplar-storage',
    '--log.level=error',
  ]
  const child = spawn('prometheus', flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', (error) => {
      said += `${error.message}: apt-get install prometheus`
      resolve()
    })
  })
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined) child.kill('SIGTERM')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  const until = performance.now() + ready_ms
  while (!(await isReady(address))) {
    if (child.exitCode !== null || child.pid === undefined || performance.now() > until) {
      await stop()
      throw new Error(`prometheus did not start: ${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, look_ms))
  }
  return {
    async ask<Data>(path: string) {
      const answer = await fetch(`http://${address}/api/v1/${path}`)
      const { status, data, error } = (await answer.json()) as { status: string; data: Data; error?: string }
      if (status !== 'success') throw new Error(`${path} failed: ${error}`)
      return data
    },
    stop,
  }
}

async function isReady(address: string): Promise<boolean> {
  try {
    return (await fetch(`http://${address}/-/ready`)).ok
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
