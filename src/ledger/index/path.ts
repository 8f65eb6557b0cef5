/** Where the index is; apart from what opens it, because the gateway's thread only ever knows the name. */
import { join } from 'node:path'

export function indexPath(stateDir: string): string {
  return join(stateDir, 'index', 'runs.db')
}
