/** The operator's token: made at the first start, readable by the gateway's own user only. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dice } from '../base/dice.ts'

export function adminTokenPath(stateDir: string): string {
  return join(stateDir, 'admin.token')
}

/** A file with less in it was cut off by a crash or emptied by hand, and an empty token would open every door. */
const lengthMin = 32

export function adminToken(stateDir: string, dice: Dice): string {
  const path = adminTokenPath(stateDir)
  const known = existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
  if (known.length >= lengthMin) return known
  const token = dice.hex(32)
  writeFileSync(path, `${token}\n`, { mode: 0o600 })
  // The mode above counts only for a file that was not there.
  chmodSync(path, 0o600)
  return token
}
