/** Signing keys in a folder of their own, for the benchmarks of identity. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../src/base/clock.ts'
import { Keyring, openKeyring } from '../src/identity/keys/keyring.ts'

export function openBenchKeys(clock: Clock): { readonly keys: Keyring; done(): void } {
  const stateDir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const rotation = { rotate_after_s: 86_400, publish_before_s: 3600, delivery_ttl_s: 600 }
  const keys = openKeyring({ stateDir, credentials_dir: null, rotation, clock })
  if (!(keys instanceof Keyring)) throw new Error(keys.sentence)
  return { keys, done: () => rmSync(stateDir, { recursive: true }) }
}
