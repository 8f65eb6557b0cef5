/** `weir serve`: the gateway itself, run by whoever composed it. */
import type { CliDeps } from '../deps.ts'

interface Options {
  readonly config: string
  readonly logLevel: string
  readonly acceptTruncation?: boolean
}

export function serve(deps: CliDeps, { config, logLevel, acceptTruncation = false }: Options): Promise<number> {
  return deps.serve({ configPath: config, logLevel, ...(acceptTruncation ? { acceptTruncation } : {}) })
}
