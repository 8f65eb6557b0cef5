/** A real Weir process for flow tests: its own state directory, ports chosen by the kernel, stopped by pid. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '..', '..')
const ready_ms = 60_000

export interface Weir {
  readonly url: string
  readonly admin: string
  readonly pid: number
  readonly directory: string
  /** Everything the process wrote to stderr so far. */
  log(): string
  /** The operator's view of the admin API; throws on anything but 2xx. */
  ask<T>(path: string, body?: unknown): Promise<T>
  stop(): Promise<number>
  kill(signal: NodeJS.Signals): Promise<void>
}

/** Settings as in weir.yaml; listen addresses and the state directory are filled in. */
export type WeirConfig = Readonly<Record<string, unknown>> & { readonly gateway?: Readonly<Record<string, unknown>> }

/** The key of an agent in tests, and the hash the configuration keeps of it. */
export function keyOf(agent: string): string {
  return `wk_${agent}_${createHash('sha256').update(`test ${agent}`).digest('hex')}`
}

export function apiKey(agent: string, person?: string): Readonly<Record<string, string>> {
  const sha256 = createHash('sha256').update(keyOf(agent)).digest('hex')
  return { id: agent, agent, sha256, ...(person === undefined ? {} : { person }) }
}

export async function startWeir(
  config: WeirConfig,
  directory = mkdtempSync(join(tmpdir(), 'weir-test-')),
): Promise<Weir> {
  const path = writeConfig(config, directory)
  const args = [join(root, 'src/main.ts'), 'serve', '--config', path]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const log: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => log.push(chunk))
  const text = (): string => Buffer.concat(log).toString()
  const ready = await readyLine(child, text)
  return weirOf({ child, directory, ready, text })
}

/** Writes `weir.yaml` into the directory, also under a gateway that runs; returns its path. */
export function writeConfig(config: WeirConfig, directory: string): string {
  const path = join(directory, 'weir.yaml')
  const gateway = {
    listen: '127.0.0.1:0',
    admin_listen: '127.0.0.1:0',
    public_url: 'http://weir.test',
    ...config.gateway,
  }
  const state = { dir: join(directory, 'state') }
  writeFileSync(
    path,
    JSON.stringify({ policy: { dir: join(root, 'config/policy') }, ...config, gateway, state }, null, 2),
  )
  return path
}

interface Ready {
  readonly data: string
  readonly admin: string
}

async function readyLine(child: ChildProcess, log: () => string): Promise<Ready> {
  const late = AbortSignal.timeout(ready_ms)
  if (!child.stdout) throw new Error('the child has no stdout')
  for await (const line of createInterface({ input: child.stdout, signal: late })) {
    if (line.startsWith('{"ready":true')) return JSON.parse(line) as Ready
  }
  throw new Error(`weir serve ended before it was ready:\n${log()}`)
}

interface Parts {
  readonly child: ChildProcess
  readonly directory: string
  readonly ready: Ready
  readonly text: () => string
}

function weirOf({ child, directory, ready, text }: Parts): Weir {
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  return {
    url: ready.data,
    admin: ready.admin,
    pid: child.pid ?? 0,
    directory,
    log: text,
    ask: (path, body) => askAdmin(ready.admin, join(directory, 'state', 'admin.token'), path, body),
    async stop() {
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 15_000)
      const code = await ended
      clearTimeout(hard)
      rmSync(directory, { recursive: true, force: true })
      return code
    },
    async kill(signal) {
      child.kill(signal)
      await ended
    },
  }
}

async function askAdmin<T>(base: string, tokenPath: string, path: string, body?: unknown): Promise<T> {
  const authorization = `Bearer ${readFileSync(tokenPath, 'utf8').trim()}`
  const asked = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const answer = await fetch(`${base}${path}`, {
    headers: { authorization, 'content-type': 'application/json' },
    ...asked,
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
  return JSON.parse(text) as T
}

/** The value of a metric that has one child, or of the child with exactly these labels. */
export async function metricOf(weir: Pick<Weir, 'admin'>, name: string): Promise<number> {
  const page = await (await fetch(`${weir.admin}/metrics`)).text()
  const line = page.split('\n').find((one) => one.startsWith(`${name} `))
  if (line === undefined) throw new Error(`no metric ${name}`)
  return Number(line.slice(name.length + 1))
}
