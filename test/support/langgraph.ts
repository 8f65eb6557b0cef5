/** The development server of LangGraph, as its makers ship it, with the graph beside this file. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface FrameworkServer {
  readonly url: string
  stop(): Promise<void>
}

const cli = fileURLToPath(import.meta.resolve('@langchain/langgraph-cli/dist/cli/cli.mjs'))
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
const graph = fileURLToPath(new URL('langgraph-graph.ts', import.meta.url))

/** Serves the assistant `agent`. It writes its state into a folder of its own, which goes with it. */
export async function startLangGraph(): Promise<FrameworkServer> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-langgraph-'))
  const config = join(dir, 'langgraph.json')
  const port = await freePort()
  await writeFile(config, JSON.stringify({ node_version: '24', graphs: { agent: `${graph}:graph` }, env: {} }))
  // The server looks for the packages of a graph from its own folder.
  await symlink(modules, join(dir, 'node_modules'))
  const args = ['dev', '--port', String(port), '--host', '127.0.0.1', '--no-browser', '--config', config]
  const env = { ...process.env, LANGSMITH_TRACING: 'false', LANGGRAPH_CLI_NO_ANALYTICS: '1' }
  // A group of its own, because the command starts the server as a further process.
  const child = spawn(process.execPath, [cli, ...args], { cwd: dir, env, detached: true, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    const gone = once(child, 'exit')
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, 'SIGKILL')
      await gone
    }
    await rm(dir, { recursive: true, force: true })
  }
  if (await answers(`${url}/ok`)) return { url, stop }
  await stop()
  throw new Error('the LangGraph server did not start')
}

/** A port that was free a moment ago, for servers that cannot be asked which one they got. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Waits until the place answers with success; false after half a minute. */
export async function answers(url: string): Promise<boolean> {
  for (let tries = 0; tries < 300; tries += 1) {
    const response = await fetch(url).catch(() => null)
    if (response?.ok) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}
