/** The whole of it, as an operator meets it: a gateway seals what it does, also while keys turn, and does not start on less. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readRecordKeys } from '../../src/ledger/checkpoint/check.ts'
import { type LedgerVerdict, verifyLedger } from '../../src/ledger/verify.ts'
import { runWeir } from '../support/evidence.ts'
import { serveOnce } from '../support/weir-once.ts'
import { startWeir, type Weir, writeConfig } from '../support/weir.ts'
import { asVersion1 } from '../unit/ledger/segments.ts'

const config = { agents: { a: { url: 'http://127.0.0.1:9' } } }

function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'weir-log-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function verdictOn(directory: string): Promise<LedgerVerdict> {
  const state = join(directory, 'state')
  const keys = ['keys.json', 'late-keys.json'].flatMap((name) => {
    const file = join(state, 'keys', name)
    return existsSync(file) ? (readRecordKeys(readFileSync(file, 'utf8')) ?? []) : []
  })
  return verifyLedger({ dir: join(state, 'ledger'), keys })
}

/** Leaves an entry. */
function revoke(weir: Weir, name: string): Promise<unknown> {
  return weir.ask(`/api/v1/people/${name}/revoke`, { reason: 'left', actor: 'test' })
}

/** Waits until everything that is there was sealed. */
async function sealed(directory: string, entries: number): Promise<LedgerVerdict> {
  for (;;) {
    const verdict = await verdictOn(directory)
    if (verdict.unsealed === 0 && verdict.entries >= entries) return verdict
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Starts with an operator's word, and stops as soon as it is ready; resolves to its exit code. */
function serveAccepting(path: string): Promise<number | null> {
  const main = join(import.meta.dirname, '..', '..', 'src/main.ts')
  const child = spawn(process.execPath, [main, 'serve', '--config', path, '--accept-truncation'])
  child.stdout.once('data', () => child.kill('SIGTERM'))
  return new Promise((resolve) => child.once('exit', resolve))
}

test('a gateway that runs can be verified from outside, with public keys, while its record key turns', async () => {
  const directory = place()
  const weir = await startWeir(config, directory)
  await revoke(weir, 'user:tomas')
  const before = await sealed(directory, 2)
  expect(before).toMatchObject({ ok: true, checkpoint: { origin: 'weir.test/ledger' } })
  await weir.ask('/api/v1/keys/rotate', { use: 'record', now: true })
  await revoke(weir, 'user:ana')
  const after = await sealed(directory, 3)
  expect(after).toMatchObject({ ok: true, findings: [] })
  const kids = [before, after].map(({ checkpoint }) => checkpoint?.signedBy.find(({ alg }) => alg === 'Ed25519')?.kid)
  expect(new Set(kids).size).toBe(2)
  await weir.kill('SIGTERM')
  expect(await verdictOn(directory)).toMatchObject({ ok: true, unsealed: 0 })
  const late = join(directory, 'state', 'keys', 'record-mldsa44.jwk')
  if (existsSync(late)) expect(statSync(late).mode & 0o777).toBe(0o600)
})

test('a ledger that lost its entries ends the start with 75, and an operator may accept it, which stays written', async () => {
  const directory = place()
  const first = await startWeir(config, directory)
  await revoke(first, 'user:tomas')
  await first.kill('SIGTERM')
  const ledger = join(directory, 'state', 'ledger')
  for (const name of readdirSync(ledger)) if (name.endsWith('.wlog')) rmSync(join(ledger, name))
  const path = writeConfig(config, directory)
  const ended = await serveOnce(path)
  expect(ended).toMatchObject({ code: 75, stderr: expect.stringContaining('entries 1 to ') as string })
  expect(ended.stderr).toContain('weir serve --accept-truncation')
  expect((await verdictOn(directory)).findings[0]).toMatchObject({ kind: 'entries_missing', seq: 1 })
  expect(await serveAccepting(path)).toBe(0)
  const verdict = await verdictOn(directory)
  expect(verdict).toMatchObject({ ok: true, notes: [expect.stringContaining('with 0 of the ')] })
})

/** As whoever can write to the state directory makes it look like one of a version before the log. */
function makeOld(ledger: string): void {
  rmSync(join(ledger, 'log'), { recursive: true })
  for (const name of readdirSync(ledger)) {
    const path = join(ledger, name)
    if (name.endsWith('.wlog')) writeFileSync(path, asVersion1(readFileSync(path)))
  }
}

test('a ledger whose log was taken away, its files made to look old, does not pass for one that never had a log', async () => {
  const directory = place()
  const first = await startWeir(config, directory)
  await revoke(first, 'user:tomas')
  await first.kill('SIGTERM')
  makeOld(join(directory, 'state', 'ledger'))
  const path = writeConfig(config, directory)
  const verify = (): ReturnType<typeof runWeir> => runWeir('audit', 'verify', '--config', path)
  const ended = await serveOnce(path)
  expect(ended.code).toBe(75)
  expect(ended.stderr).toMatch(/This ledger had a log: the checkpoint in .*keys\/ledger\.checkpoint counts \d+ entries/)
  expect(ended.stderr).toContain('weir serve --accept-truncation')
  const named = await verify()
  expect(named.code).toBe(3)
  expect(named.stdout).toMatch(/The checkpoint in .*ledger\.checkpoint counts \d+ entries/)
  expect(await serveAccepting(path)).toBe(0)
  const accepted = await verify()
  expect(accepted).toMatchObject({ code: 0, stdout: expect.stringContaining('an operator accepted it') as string })
  expect(await startWeir(config, directory).then((weir) => weir.stop())).toBe(0)
})

test('a state that was put back whole is told by an anchor elsewhere, before anything is written', async () => {
  const directory = place()
  const anchor = join(directory, 'elsewhere.checkpoint')
  const anchored = { ...config, ledger: { anchors: [anchor], anchor_every_s: 1 } }
  const first = await startWeir(anchored, directory)
  await revoke(first, 'user:tomas')
  await first.kill('SIGTERM')
  const copy = join(directory, 'copy')
  cpSync(join(directory, 'state'), copy, { recursive: true })
  const second = await startWeir(anchored, directory)
  await revoke(second, 'user:ana')
  await expect
    .poll(() => sizeIn(anchor), { timeout: 20_000 })
    .toBeGreaterThan(sizeIn(join(copy, 'ledger/log/checkpoint')))
  await second.kill('SIGTERM')
  rmSync(join(directory, 'state'), { recursive: true })
  cpSync(copy, join(directory, 'state'), { recursive: true })
  chmodSync(join(directory, 'state', 'keys'), 0o700)
  const ended = await serveOnce(writeConfig(anchored, directory))
  expect(ended).toMatchObject({ code: 75, stderr: expect.stringContaining('an older state was put back') as string })
  expect(ended.stderr).toContain(anchor)
})

function sizeIn(file: string): number {
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[1]) : 0
}
