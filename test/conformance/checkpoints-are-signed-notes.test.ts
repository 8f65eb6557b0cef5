/** Checkpoints by the letter of C2SP signed-note, tlog-checkpoint and tlog-cosignature, read by nothing of src. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkNote, verifierKeys } from '../../src/ledger/checkpoint/check.ts'
import { readCheckpoint } from '../../src/ledger/checkpoint/note.ts'
import { LogSigners } from '../../src/ledger/checkpoint/sign.ts'
import { pastCheckpoints } from '../../src/ledger/checkpoint/store.ts'
import { naiveRoot } from '../support/naive-merkle.ts'
import { logPath, logSetup, sealedLedger, TestKeys, TestLedger, verdictOn } from '../support/sealed-ledger.ts'
import { noon } from '../unit/ledger/entries.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

interface Line {
  readonly name: string
  readonly id: string
  readonly signature: Buffer
}

/** Written from the specification alone. */
function parseNote(text: string): { readonly body: string; readonly lines: readonly Line[] } {
  const split = text.lastIndexOf('\n\n')
  const lines = text
    .slice(split + 2)
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [dash, name = '', base64 = ''] = line.split(' ')
      expect(dash).toBe('\u2014')
      const bytes = Buffer.from(base64, 'base64')
      return { name, id: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) }
    })
  return { body: text.slice(0, split + 1), lines }
}

function keyId(name: string, type: number, key: Buffer): string {
  return createHash('sha256')
    .update(name)
    .update('\n')
    .update(Buffer.from([type]))
    .update(key)
    .digest('hex')
    .slice(0, 8)
}

function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

function ledgerOf(keys: TestKeys): string {
  const dir = join(tempFolder(), 'ledger')
  sealedLedger(dir, keys, 200)
  return dir
}

test('a checkpoint is origin, size and root, signed by the key whose id stands in front of the signature', () => {
  const keys = new TestKeys('Ed25519')
  const dir = ledgerOf(keys)
  const { body, lines } = parseNote(readFileSync(logPath(dir, 'checkpoint'), 'utf8'))
  const [origin, size, root, end] = body.split('\n')
  expect({ origin, size, end }).toEqual({ origin: 'weir.test/ledger', size: '401', end: '' })
  const tiles = [readFileSync(logPath(dir, 'tile/0/000')), readFileSync(logPath(dir, 'tile/0/001.p/145'))]
  const hashes = Buffer.concat(tiles)
  const leaves = Array.from({ length: 401 }, (_, place) => hashes.subarray(place * 32, place * 32 + 32))
  expect(root).toBe(naiveRoot(leaves).toString('base64'))
  const [vkey = ''] = verifierKeys('weir.test/ledger', keys.public)
  const [name, id] = vkey.split('+')
  const raw = Buffer.from(vkey.slice(`${name}+${id}+`.length), 'base64')
  expect(raw[0]).toBe(1)
  expect(raw).toHaveLength(33)
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') },
    format: 'jwk',
  })
  expect(lines[0]).toMatchObject({ name: origin, id: keyId('weir.test/ledger', 1, raw.subarray(1)) })
  expect(id).toBe(lines[0]?.id)
  expect(verify(null, Buffer.from(body), publicKey, lines[0]?.signature ?? Buffer.alloc(64))).toBe(true)
})

test('the second line says when, as a cosignature of the same key, and the third is ML-DSA-44 over the head', () => {
  const keys = new TestKeys('Ed25519', 'ML-DSA-44')
  const dir = ledgerOf(keys)
  const { body, lines } = parseNote(readFileSync(logPath(dir, 'checkpoint'), 'utf8'))
  const [origin = '', size = '', root = ''] = body.split('\n')
  const [first, late] = keys.public
  const [, cosigned, quantum] = lines
  if (!first || !late || !cosigned || !quantum) throw new Error('three signatures were asked for')
  expect([cosigned.id, quantum.id]).toEqual([keyId(origin, 4, first.publicKey), keyId(origin, 6, late.publicKey)])
  const time = cosigned.signature.readBigUInt64BE(0)
  const message = `cosignature/v1\ntime ${time}\n${body}`
  expect(verify(null, Buffer.from(message), first.key, cosigned.signature.subarray(8))).toBe(true)
  expect(quantum.signature).toHaveLength(8 + 2420)
  const named = Buffer.concat([Buffer.from([origin.length]), Buffer.from(origin)])
  const head = [
    Buffer.from('subtree/v1\n\0'),
    named,
    quantum.signature.subarray(0, 8),
    named,
    u64(0),
    u64(BigInt(size)),
  ]
  const cosignedMessage = Buffer.concat([...head, Buffer.from(root, 'base64')])
  expect(verify(null, cosignedMessage, late.key, quantum.signature.subarray(8))).toBe(true)
})

test('after a rotation the next checkpoint is of the new key, and what the old one signed still counts', async () => {
  const keys = new TestKeys('Ed25519')
  const dir = join(tempFolder(), 'ledger')
  const ledger = TestLedger.open({ dir, keys })
  if (!(ledger instanceof TestLedger)) throw new Error(ledger.sentence)
  ledger.calls(1, 10)
  ledger.wait(2000)
  ledger.wait(100_000)
  keys.turn('Ed25519', ledger.clock.now())
  ledger.calls(11, 20)
  ledger.wait(2000)
  const verdict = await verdictOn(dir, keys)
  expect(verdict).toMatchObject({ ok: true, checkpoint: { signedBy: [{ kid: 'k2' }] } })
  const signers = [...pastCheckpoints(join(dir, 'log'))].map(({ note }) =>
    typeof note === 'string' ? note : checkNote(note, keys.public).signedBy[0]?.kid,
  )
  expect(signers).toEqual(['k1', 'k2'])
  ledger.stop()
})

test('a key that signs outside of its time, or was revoked, proves nothing', () => {
  const keys = new TestKeys('Ed25519')
  const head = { origin: 'weir.test/ledger', size: 0, root: createHash('sha256').digest() }
  const [key] = keys.public
  if (!key) throw new Error('a key was made')
  const noteAt = (time: number) => {
    const note = readCheckpoint(new LogSigners(logSetup(keys).keys).sign(head, time / 1000))
    if (typeof note === 'string') throw new Error(note)
    return note
  }
  expect(checkNote(noteAt(noon), [key])).toEqual({
    signedBy: [{ kid: 'k1', alg: 'Ed25519' }],
    time: noon,
    problem: null,
  })
  expect(checkNote(noteAt(noon - 100_000), [key]).problem).toContain('before its time')
  expect(checkNote(noteAt(noon + 100_000), [{ ...key, retired_at: noon }]).problem).toContain('after it was retired')
  expect(checkNote(noteAt(noon), [{ ...key, revoked_at: noon }]).problem).toContain('revoked')
})

test('an anchor outside of the state directory receives the newest checkpoint', () => {
  const keys = new TestKeys('Ed25519')
  const folder = tempFolder()
  mkdirSync(join(folder, 'mount'))
  const file = join(folder, 'mount', 'weir.checkpoint')
  const anchors = { files: [file, join(folder, 'nowhere', 'x')], every_s: 60 }
  const ledger = TestLedger.open({ dir: join(folder, 'ledger'), keys, setup: { anchors } })
  if (!(ledger instanceof TestLedger)) throw new Error(ledger.sentence)
  ledger.calls(1, 5)
  ledger.wait(61_000)
  expect(readFileSync(file, 'utf8')).toBe(readFileSync(join(folder, 'ledger', 'log', 'checkpoint'), 'utf8'))
  expect(statSync(file).mode & 0o777).toBe(0o600)
  ledger.stop()
})

test.each(['', 'x', 'o\n1\n', 'o\n01\nAAAA\n\n\u2014 o AAAAAAAA\n', `o\n1\n${'A'.repeat(43)}=\n\n`])(
  'what is no checkpoint is read as a sentence: %j',
  (text) => expect(typeof readCheckpoint(text)).toBe('string'),
)
