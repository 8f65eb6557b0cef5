/** Runs the official conformance suites against a server, and puts a credential on what they send to Weir. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const program = require.resolve('@modelcontextprotocol/conformance/dist/index.js')

export interface Conformance {
  /** Scenario and check of everything that passed. */
  readonly passed: ReadonlySet<string>
  readonly failed: ReadonlySet<string>
  /** Scenarios the revision requires of which nothing failed, and how many it requires. */
  readonly required: { readonly passed: number; readonly all: number }
}

/** Which side of the protocol is under test. */
export type Leg = 'server' | 'client'

/** Everything a revision requires of servers, and what is run beside it. */
export async function runConformance(url: string, revision: string): Promise<Conformance> {
  return await runSuite('server', ['--url', url], revision)
}

/** The same for clients. `command` is run for each scenario, all of them at once, with the URL of its server as last word. */
export async function runClientConformance(command: string, revision: string): Promise<Conformance> {
  return await runSuite('client', ['--command', command, '--timeout', '150000'], revision)
}

async function runSuite(leg: Leg, args: readonly string[], revision: string): Promise<Conformance> {
  const output = mkdtempSync(join(tmpdir(), 'weir-conformance-'))
  const child = spawn(process.execPath, [program, leg, ...args, '--requirements', revision, '-o', output], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.resume()
  child.stderr.resume()
  await new Promise((resolve) => child.on('close', resolve))
  const [passed, failed] = [new Set<string>(), new Set<string>()]
  const [seen, failing] = [new Set<string>(), new Set<string>()]
  for (const file of readdirSync(output, { recursive: true, encoding: 'utf8' })) {
    if (basename(file) !== 'checks.json') continue
    const scenario = dirname(file)
      .replace(/^server-/, '')
      .replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '')
    seen.add(scenario)
    for (const { id, name, status } of JSON.parse(readFileSync(join(output, file), 'utf8')) as readonly Check[]) {
      if (status === 'SUCCESS') passed.add(`${scenario}: ${id} ${name}`)
      if (!bad[leg].has(status)) continue
      failed.add(`${scenario}: ${id} ${name}`)
      failing.add(scenario)
    }
  }
  rmSync(output, { recursive: true })
  const required = requiredBy(revision, leg)
  const good = required.filter((name) => seen.has(name) && !failing.has(name))
  return { passed, failed, required: { passed: good.length, all: required.length } }
}

interface Check {
  readonly id: string
  readonly name: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED'
}

/** The suites of clients count a warning as a failure. */
const bad: Readonly<Record<Leg, ReadonlySet<Check['status']>>> = {
  server: new Set(['FAILURE']),
  client: new Set(['FAILURE', 'WARNING']),
}

/** The scenarios a revision requires, as the suite has frozen them. */
export function requiredBy(revision: string, leg: Leg): readonly string[] {
  const file = join(program, '../../requirements', `${revision}.yaml`)
  const [, list = ''] = new RegExp(`^${leg}:\\n((?: {2}- .+\\n)+)`, 'm').exec(readFileSync(file, 'utf8')) ?? []
  return [...list.matchAll(/- (.+)/g)].map(([, name = '']) => name)
}

export interface Adder extends AsyncDisposable {
  readonly url: string
}

/** A raw proxy that adds one header and leaves everything else as it is, Host and Origin too. */
export async function addCredential(to: string, authorization: string): Promise<Adder> {
  const { hostname, port, pathname } = new URL(to)
  const server = createServer((incoming, outgoing) => {
    const headers = [...incoming.rawHeaders, 'authorization', authorization]
    const onward = request({ hostname, port, path: pathname, method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      outgoing.flushHeaders()
      answer.on('error', () => outgoing.destroy())
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
