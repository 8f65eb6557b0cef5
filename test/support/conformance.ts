/** Runs the official conformance suites against a server, and puts a credential on what they send to Weir. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const require = createRequire(import.meta.url)
const program = require.resolve('@modelcontextprotocol/conformance/dist/index.js')

export interface Conformance {
  /** Scenario and check of everything that passed. */
  readonly passed: ReadonlySet<string>
  readonly failed: ReadonlySet<string>
  /** Scenarios the revision requires of which nothing failed, and how many it requires. */
  readonly required: { readonly passed: number; readonly all: number }
}

/** Everything a revision requires, and what is run beside it. */
export async function runConformance(url: string, revision: string): Promise<Conformance> {
  const output = mkdtempSync(join(tmpdir(), 'weir-conformance-'))
  const child = spawn(process.execPath, [program, 'server', '--url', url, '--requirements', revision, '-o', output], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.resume()
  child.stderr.resume()
  await new Promise((resolve) => child.on('close', resolve))
  const [passed, failed] = [new Set<string>(), new Set<string>()]
  const failing = new Set<string>()
  for (const folder of readdirSync(output)) {
    const scenario = folder.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '')
    const checks = JSON.parse(readFileSync(join(output, folder, 'checks.json'), 'utf8')) as readonly Check[]
    for (const { id, name, status } of checks) {
      if (status === 'SUCCESS') passed.add(`${scenario}: ${id} ${name}`)
      if (status !== 'FAILURE') continue
      failed.add(`${scenario}: ${id} ${name}`)
      failing.add(scenario)
    }
  }
  rmSync(output, { recursive: true })
  const required = requiredBy(revision)
  return {
    passed,
    failed,
    required: { passed: required.filter((name) => !failing.has(name)).length, all: required.length },
  }
}

interface Check {
  readonly id: string
  readonly name: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED'
}

function requiredBy(revision: string): readonly string[] {
  const file = join(program, '../../requirements', `${revision}.yaml`)
  const [, list = ''] = /^server:\n((?: {2}- .+\n)+)/m.exec(readFileSync(file, 'utf8')) ?? []
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
