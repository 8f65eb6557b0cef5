/** `weir serve`: one gateway from its configuration file until it is told to stop. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from './base/clock.ts'
import type { ServeOptions, TextSink } from './cli/deps.ts'
import { addressUrl } from './config/fields.ts'
import { isLoaded, loadConfig, type Loaded } from './config/load.ts'
import { formatProblems } from './config/problems.ts'
import { type ConfigWatch, watchConfig } from './config/reload.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { logLevels, openLog } from './observe/log.ts'

export interface ServeSinks {
  readonly stdout: TextSink & { readonly isTTY?: boolean | undefined }
  readonly stderr: TextSink & { readonly isTTY?: boolean | undefined }
}

/** Where the command line finds a gateway that was told to listen on any free port. */
export function adminUrlPath(stateDir: string): string {
  return join(stateDir, 'admin.url')
}

/** Resolves to the exit code: 0 stopped, 70 cannot start, 75 no ledger, 78 bad configuration. */
export async function serve(options: ServeOptions, sinks: ServeSinks): Promise<number> {
  const loaded = await loadConfig(options.configPath)
  if (!isLoaded(loaded)) {
    sinks.stderr.write(`${formatProblems(loaded, { color: sinks.stderr.isTTY === true })}\n`)
    return 78
  }
  const log = openLog({ level: logLevels.find((level) => level === options.logLevel) ?? 'info', clock: systemClock })
  const stopped = untilSignal()
  const started = Promise.withResolvers<Gateway>()
  const watch = watchFor(started.promise, loaded)
  const gateway = await startGateway(loaded, log, { acceptTruncation: options.acceptTruncation === true })
  if (gateway.kind === 'start_problem') {
    watch.close()
    sinks.stderr.write(`${gateway.text}\n`)
    return gateway.exit
  }
  const adminUrl = adminUrlPath(loaded.settings.state.dir)
  writeFileSync(adminUrl, `${placesOf(gateway, loaded).admin}\n`, { mode: 0o600 })
  started.resolve(gateway)
  announce(gateway, loaded, sinks)
  await stopped
  watch.close()
  await gateway.stop()
  rmSync(adminUrl, { force: true })
  log.flush()
  return 0
}

/** Where the listeners really are: the ports may have been chosen by the kernel. */
function placesOf(gateway: Gateway, { settings }: Loaded): { readonly data: string; readonly admin: string } {
  const { listen, admin_listen, tls } = settings.gateway
  return {
    data: addressUrl({ host: listen.host, port: gateway.data.port }, tls !== null),
    admin: addressUrl({ host: admin_listen.host, port: gateway.admin.port }),
  }
}

/** A program reads one JSON line; a person reads where things are. */
function announce(gateway: Gateway, loaded: Loaded, { stdout }: ServeSinks): void {
  const { data, admin } = placesOf(gateway, loaded)
  if (stdout.isTTY !== true) {
    const ready = { ready: true, data, admin, pid: process.pid, engine: gateway.data.engine, config: loaded.hash }
    stdout.write(`${JSON.stringify(ready)}\n`)
    return
  }
  stdout.write(`Weir is up on ${gateway.data.engine}, configuration ${loaded.hash.slice(0, 12)}
  agents call   ${data}/a2a/<agent>/, tools at ${data}/mcp, models at ${data}/v1
  operators     ${admin}  (npm run -s weir -- runs)
  records       ${join(loaded.settings.state.dir, 'ledger')}
Ctrl-C drains and stops; a second one stops at once.
`)
}

/** Watches from before the gateway reads its policies, so that a change during the start is not missed. */
function watchFor(started: Promise<Gateway>, initial: Loaded): ConfigWatch {
  const watch = watchConfig({
    path: initial.file,
    initial,
    onLoaded: async (loaded) => (await started).reload(loaded),
    onProblems: (problems) => void started.then((gateway) => gateway.keep(formatProblems(problems, { color: false }))),
  })
  process.on('SIGHUP', () => void watch.reload())
  return watch
}

/**
 * The first SIGTERM or SIGINT drains, the second does not wait. They are heard from before the start: whoever reads
 * that the gateway is up may stop it at once.
 */
async function untilSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(130))
}
