import { Packr } from 'msgpackr'
import { expect, test } from 'vitest'
import { noUsage } from '../../../src/domain/usage.ts'
import { entryReader, packEntry, packedMax_bytes, shapes } from '../../../src/ledger/pack.ts'
import { dropEntry } from './dropped.ts'
import {
  agent,
  approvalEntry,
  cardEntry,
  bootEntry,
  call,
  grant,
  hop,
  intent,
  refusedCall,
  revocationEntry,
  run,
  runEntry,
  signalEntry,
  tokenEntry,
  toolEntry,
} from './entries.ts'

const read = entryReader(shapes)

test.each([
  call(hop(1), { grants: ['g1', 'g2'] }),
  refusedCall(hop(2)),
  intent(hop(3), { grants: ['g1'] }),
  runEntry(run(1), 'opened'),
  runEntry(run(1), 'halted'),
  bootEntry('b1'),
  grant(),
  grant({ agent: null, decision: 'deny', error: 'invalid_client', jti: null, bound: null }),
  tokenEntry('t'.repeat(8192)),
  tokenEntry(null),
  revocationEntry(),
  revocationEntry({ what: 'agent', name: 'agent:a', contained: true, lifted: true, source: 'caep' }),
  signalEntry(),
  dropEntry(),
  signalEntry({ human: null, outcome: 'ignored' }),
  call(hop(4), { taint: 'external', approval: { id: 'apr_1', by: 'ana', args_hash: 'h' } }),
  call(hop(5), {
    outcome: {
      ...call(hop(5)).outcome,
      metered: {
        model: 'openai/gpt-5.5',
        usage: { ...noUsage, input_tokens: 3, output_tokens: 4 },
        source: 'provider',
        cost_micros: null,
        input_micros: null,
        output_micros: null,
        prices: null,
      },
      used: { source: 'reserved', units: 2.5, why: 'nothing at /_meta/cost' },
    },
  }),
  approvalEntry('granted'),
  cardEntry('approved'),
  toolEntry('changed'),
])('an entry comes back as it was: $kind', (entry) => {
  expect(read(packEntry(entry))).toEqual(entry)
})

test('a token is kept whole or not at all', () => {
  expect(read(packEntry(tokenEntry('t'.repeat(8193))))).toEqual(tokenEntry(null))
})

test('a call record takes less than 768 bytes', () => {
  expect(packEntry(call(hop(1))).length).toBeLessThan(768)
})

test('a text that an outsider made long is cut, and the entry still fits a frame', () => {
  const long = '\u{1F30A}'.repeat(1_000_000)
  const chain = Array.from({ length: 500 }, () => agent('a'.repeat(63)))
  const packed = packEntry(call(hop(1), { method: long, target: long, detail: long, policies: [long], chain }))
  const entry = read(packed)
  expect(packed.length).toBeLessThan(packedMax_bytes)
  expect(entry).toMatchObject({ method: expect.stringMatching(/^.{1,512}…$/u) as unknown })
  expect(entry?.kind === 'call' && entry.chain.length).toBe(64)
})

test('any MessagePack reader can read an entry: it is one array, the kind first', () => {
  const row = ['boot', 1, bootEntry('').ts, 'b1', 'weir/0.1.0', 42, null]
  expect(new Packr({ useRecords: false }).unpack(packEntry(bootEntry('b1')))).toEqual(row)
})

test('an entry is read by the shapes it was written with, also by names unknown today', () => {
  const old = entryReader({ boot: ['v', 'when.at', 'boot', 'gw', 'pid', 'c'] })
  expect(old(packEntry(bootEntry('b1')))).toEqual({
    kind: 'boot',
    v: 1,
    when: { at: bootEntry('').ts },
    boot: 'b1',
    gw: 'weir/0.1.0',
    pid: 42,
  })
})

test.each([
  ['no MessagePack', Uint8Array.of(0xc1)],
  ['no array', new Packr().pack('boot')],
  ['an unknown kind', new Packr().pack(['what', 1])],
  ['too few values', new Packr().pack(['boot', 1])],
])('bytes that are no entry answer null: %s', (_what, bytes) => {
  expect(read(bytes)).toBeNull()
})
