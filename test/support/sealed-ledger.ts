/** Ledgers that are sealed in a log, written by the real writer and stage in the test's own thread, and their keys. */
import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { assert } from '../../src/base/assert.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { ringMemory, RingWriter } from '../../src/base/ring.ts'
import { sharedTextMemory, writeSharedText } from '../../src/base/shared-text.ts'
import type { LedgerEntry } from '../../src/domain/record.ts'
import { readRecordKeys, type RecordKey } from '../../src/ledger/checkpoint/check.ts'
import { systemDisk } from '../../src/ledger/disk.ts'
import { type LogSetup, merkleStage } from '../../src/ledger/merkle-stage.ts'
import { openLog } from '../../src/ledger/open-log.ts'
import type { LogProblem } from '../../src/ledger/open-tree.ts'
import { packEntry } from '../../src/ledger/pack.ts'
import { recover } from '../../src/ledger/recover.ts'
import { Status } from '../../src/ledger/status.ts'
import { verifyLedger, type VerifyAsked, type LedgerVerdict } from '../../src/ledger/verify.ts'
import { Writer } from '../../src/ledger/writer.ts'
import { bootEntry, call, hop, intent, noon } from '../unit/ledger/entries.ts'

/** Calls that share a write. */
const burst = 20

const testOrigin = 'weir.test/ledger'

interface TestKey {
  readonly kid: string
  readonly alg: 'Ed25519' | 'ML-DSA-44'
  readonly privateKey: KeyObject
  readonly active_from: number
  retired_at: number | null
}

/** A keyring in small: the newest key of an algorithm signs. */
export class TestKeys {
  readonly slot = sharedTextMemory(8192)
  readonly #keys: TestKey[] = []

  constructor(...algs: readonly TestKey['alg'][]) {
    for (const alg of algs) this.turn(alg, noon - 1000)
  }

  turn(alg: TestKey['alg'] = 'Ed25519', at = noon): void {
    const { privateKey } = alg === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44')
    const before = this.#keys.findLast((key) => key.alg === alg)
    if (before) before.retired_at = at
    this.#keys.push({ kid: `k${this.#keys.length + 1}`, alg, privateKey, active_from: at, retired_at: null })
    const jwk = (key: TestKey): JsonWebKey => key.privateKey.export({ format: 'jwk' })
    const signing = this.#keys.filter(({ retired_at }) => retired_at === null)
    writeSharedText(this.slot, JSON.stringify(signing.map((key) => ({ kid: key.kid, alg: key.alg, jwk: jwk(key) }))))
  }

  /** As `keys/keys.json` has them. */
  get manifest(): string {
    const keys = this.#keys.map(({ kid, privateKey, active_from, retired_at }) => {
      const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
      return { kid, use: 'record', jwk, state: 'active', active_from, retired_at, revoked_at: null }
    })
    return JSON.stringify({ schema: 'weir.keys/v1', keys })
  }

  get public(): readonly RecordKey[] {
    return readRecordKeys(this.manifest) ?? []
  }
}

export function logSetup(keys: TestKeys, facts: Partial<LogSetup> = {}): LogSetup {
  const retention = { retention_days: 400, max_bytes: null }
  const anchors = { files: [], every_s: 60 }
  return { keys: keys.slot, origin: testOrigin, accept_truncation: false, retention, anchors, ...facts }
}

interface Life {
  readonly dir: string
  readonly keys: TestKeys
  readonly boot?: string
  readonly clock?: ManualClock
  readonly segment_bytes?: number
  readonly setup?: Partial<LogSetup>
}

/** One start of a ledger, up to its stop. */
export class TestLedger {
  readonly clock: ManualClock
  readonly #ring: RingWriter
  readonly #writer: Writer

  static open(life: Life): TestLedger | LogProblem {
    const setup = logSetup(life.keys, life.setup)
    const { next } = recover(life.dir, setup.accept_truncation ? 0 : Number.POSITIVE_INFINITY)
    const log = openLog(life.dir, next - 1, {
      accept: setup.accept_truncation,
      keys: life.keys.public,
      anchors: setup.anchors.files,
    })
    return log.kind === 'log_problem' ? log : new TestLedger(life, { log, setup, next })
  }

  constructor(life: Life, { log, setup, next }: Opened) {
    const { dir, boot = 'b1', clock = new ManualClock(noon), segment_bytes = 20_000 } = life
    this.clock = clock
    const ring = ringMemory(8 * 1024 * 1024)
    const status = new SharedArrayBuffer(Status.bytes)
    const gw = 'https://weir.test'
    this.#ring = new RingWriter(ring)
    const stage = merkleStage(log, setup, {
      dir,
      boot,
      gw,
      clock,
      onProblem: () => undefined,
      append: (entry) => void this.#ring.push(packEntry(entry)),
    })
    const plan = { dir, boot, gw, ring, status, segment_bytes, min_free_bytes: 0, log: null }
    this.#writer = new Writer(plan, { status: new Status(status), disk: systemDisk, stages: [stage] }, next)
    this.add(bootEntry(boot))
  }

  add(...entries: readonly LedgerEntry[]): void {
    for (const entry of entries) assert(this.#ring.push(packEntry(entry)), 'the ring of a test is large')
    while (!this.#writer.done) assert(this.#writer.step() === null, 'the disk of a test is well')
  }

  /** Pairs of an intent and a record. */
  calls(from: number, to: number): void {
    for (let at = from; at <= to; at += burst) {
      const numbers = Array.from({ length: Math.min(burst, to - at + 1) }, (_, place) => at + place)
      this.add(...numbers.flatMap((number) => [intent(hop(number)), call(hop(number))]))
    }
  }

  /** Time goes by, and what is due is done. */
  wait(ms: number): void {
    this.clock.advance(ms)
    assert(this.#writer.step() === null, 'the disk of a test is well')
  }

  stop(): void {
    this.#writer.end()
  }
}

interface Opened {
  readonly log: Exclude<ReturnType<typeof openLog>, LogProblem>
  readonly setup: LogSetup
  readonly next: number
}

/** A ledger of a boot entry and this many calls, in several segments, sealed and stopped. */
export function sealedLedger(dir: string, keys: TestKeys, calls = 400, boot = 'b1'): void {
  const ledger = TestLedger.open({ dir, keys, boot })
  assert(ledger instanceof TestLedger, 'a new ledger opens')
  ledger.calls(1, calls / 2)
  ledger.wait(4_000_000)
  ledger.calls(calls / 2 + 1, calls)
  ledger.stop()
}

export async function verdictOn(dir: string, keys: TestKeys, facts: Partial<VerifyAsked> = {}): Promise<LedgerVerdict> {
  return verifyLedger({ dir, keys: keys.public, ...facts })
}

export function logPath(dir: string, name: string): string {
  return join(dir, 'log', name)
}
