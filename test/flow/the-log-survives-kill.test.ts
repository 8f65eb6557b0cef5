import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRecordKeys, type RecordKey } from '../../src/ledger/checkpoint/check.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { seededDice } from '../support/seeded-dice.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

const sealer = join(import.meta.dirname, 'ledger-sealer.ts')
const rounds = 24

/** Lets a process write and seal, and kills it after a while; resolves to what it said of a start that failed. */
function sealUntilKilled(args: readonly string[], after_ms: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [sealer, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), after_ms))
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.on('error', reject)
    child.on('close', () => resolve(said))
  })
}

interface World {
  readonly dir: string
  readonly keyFile: string
  /** The public key, as the gateway is told of it. */
  readonly known: string
  readonly keys: readonly RecordKey[]
}

function world(): World {
  const folder = tempFolder()
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const keyFile = join(folder, 'key.json')
  writeFileSync(keyFile, JSON.stringify([{ kid: 'k1', alg: 'Ed25519', jwk: privateKey.export({ format: 'jwk' }) }]))
  const entry = { kid: 'k1', use: 'record', jwk: publicKey.export({ format: 'jwk' }), active_from: 0 }
  const text = JSON.stringify({ schema: 'weir.keys/v1', keys: [entry] })
  const known = join(folder, 'keys.json')
  writeFileSync(known, text)
  return { dir: join(folder, 'ledger'), keyFile, known, keys: readRecordKeys(text) ?? [] }
}

test('killed at 24 moments of any kind, the log is whole every time, and goes on from where it was', async () => {
  const { dir, keyFile, keys } = world()
  const dice = seededDice(7)
  let before = 0
  for (let round = 0; round < rounds; round += 1) {
    const after_ms = Number.parseInt(dice.hex(2), 16) % 260
    expect(await sealUntilKilled([dir, `b${round}`, keyFile], after_ms), `round ${round}`).toBe('')
    // All of the ledger every few rounds, as it grows.
    if (round % 7 !== 6 && round !== rounds - 1) continue
    const verdict = await verifyLedger({ dir, keys })
    expect(verdict.findings, `round ${round}`).toEqual([])
    expect(verdict.checkpoint?.size).toBeGreaterThan(before)
    before = verdict.checkpoint?.size ?? 0
  }
}, 600_000)

test('killed at 16 moments while it drops what is too much, whatever is gone has its entry, and it goes on dropping', async () => {
  const { dir, keyFile, known, keys } = world()
  const dice = seededDice(11)
  let before = 0
  for (let round = 0; round < 16; round += 1) {
    // It looks for the first time a second after its start, and again a second after each step.
    const after_ms = 900 + (Number.parseInt(dice.hex(2), 16) % 1600)
    const args = [dir, `d-${round}`, keyFile, known, '1000000']
    expect(await sealUntilKilled(args, after_ms), `round ${round}`).toBe('')
    const verdict = await verifyLedger({ dir, keys })
    expect(verdict.findings, `round ${round}`).toEqual([])
    const dropped = verdict.pruned.at(-1)?.last ?? 0
    expect(dropped, `round ${round}`).toBeGreaterThanOrEqual(before)
    before = dropped
  }
  expect(before).toBeGreaterThan(1000)
}, 600_000)
