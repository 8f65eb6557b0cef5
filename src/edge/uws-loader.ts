/**
 * Loads uWebSockets.js, or says in one sentence why it cannot be loaded here. The published binary wants glibc 2.38
 * for three aliases only; on 2.36 and 2.37 it is relinked in memory, pinned by SHA-256 before and after, and loaded
 * from a private file that is gone again when this returns. See docs/decisions/0002-uwebsockets-build.md.
 */

import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { relinkC23Aliases } from './elf.ts'
import type { Uws } from './uws-types.ts'

const shippedSha256 = '177efdc682425d754474bd30f9586c487fa6694f790f3406a23885d0e61c07a0'
const relinkedSha256 = '02825106d3c13209da9321fc85ce3bcf8eb59b26ee8da369326befecfabf365e'
const relinkableGlibc: ReadonlySet<string> = new Set(['2.36', '2.37'])
/** What uWS accepts beyond our own maximum, so that our check, and not its parser, writes the usual 431. */
const headerSlack_bytes = 16 * 1024

const require = createRequire(import.meta.url)
let loaded: Uws | null = null

/**
 * The module, or the reason why not. uWS reads its header maximum once per process, so the first caller's
 * `header_bytes` counts; later listeners are held to their own by ingress.
 */
export function loadUws(header_bytes: number): Uws | string {
  if (loaded) return loaded
  // The one setting uWS takes only from the environment, and only before it is loaded.
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(header_bytes + headerSlack_bytes)
  const found = loadShipped()
  if (typeof found === 'string') return found
  found._cfg('silent')
  loaded = found
  return found
}

function loadShipped(): Uws | string {
  try {
    return require('uWebSockets.js') as Uws
  } catch (error) {
    const message = firstLine(error)
    if (!message.includes('GLIBC_2.38')) return `uWebSockets.js does not load here: ${message}`
    return loadRelinked()
  }
}

function loadRelinked(): Uws | string {
  const glibc = glibcVersion()
  if (!relinkableGlibc.has(glibc)) return `uWebSockets.js needs glibc 2.36 or newer and this host has ${glibc}`
  const shipped = readFileSync(require.resolve('uWebSockets.js/uws.node'))
  if (sha256(shipped) !== shippedSha256)
    return 'uWebSockets.js needs relinking on this glibc, and its binary is not the one that was reviewed for that'
  const relinked = relinkC23Aliases(shipped)
  if (typeof relinked === 'string') return `uWebSockets.js could not be relinked: ${relinked}`
  if (sha256(relinked) !== relinkedSha256) return 'relinking uWebSockets.js did not give the reviewed binary'
  return loadPrivately(relinked)
}

/** mkdtemp makes the folder 0700, so nobody can swap the file between the write and the load. */
function loadPrivately(image: Buffer): Uws | string {
  let folder: string | null = null
  try {
    folder = mkdtempSync(join(tmpdir(), 'weir-uws-'))
    const path = join(folder, 'uws.node')
    writeFileSync(path, image, { mode: 0o700, flag: 'wx' })
    const holder = { exports: {} }
    process.dlopen(holder, path)
    return holder.exports as Uws
  } catch (error) {
    return `uWebSockets.js was relinked but not loaded (TMPDIR must allow executables): ${firstLine(error)}`
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true })
  }
}

function glibcVersion(): string {
  // Without this the report looks up host names of open sockets, which can take seconds.
  Object.assign(process.report, { excludeNetwork: true })
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime ?? 'none'
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
