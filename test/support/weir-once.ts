/** A `weir serve` that is expected not to start: how it ended and what it said. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'

const main = join(import.meta.dirname, '..', '..', 'src/main.ts')

export interface Ended {
  readonly code: number
  readonly stderr: string
}

/** Waits for the process to end by itself, at most 30 seconds. */
export function serveOnce(configPath: string): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { timeout: 30_000, killSignal: 'SIGKILL' } as const
    execFile(process.execPath, [main, 'serve', '--config', configPath], options, (error, _stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stderr })
    })
  })
}
