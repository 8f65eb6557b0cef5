/** `weir serve`: the gateway itself, run by whoever composed it. */
import type { CliDeps } from '../deps.ts'

export function serve(deps: CliDeps, options: { readonly config: string; readonly logLevel: string }): Promise<number> {
  return deps.serve({ configPath: options.config, logLevel: options.logLevel })
}
