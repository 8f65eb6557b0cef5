import { expect, test } from 'vitest'
import { runExtension, saidInMetadata, withoutRun } from '../../../../src/protocol/a2a/run-extension.ts'

const said = { run_id: 'run_1', parent_hop: 'hop_1' }
const message = { messageId: 'm', metadata: { [runExtension]: said, other: 1 } }
const bodies = {
  'JSON-RPC': { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } },
  REST: { message },
  'REST of 0.3': { request: message },
}

test.each(Object.entries(bodies))(
  '%s: the metadata of a message says its run, and its agent sees nothing of it',
  (_, body) => {
    const bytes = Buffer.from(JSON.stringify(body))
    expect(saidInMetadata(bytes)).toEqual({ ...said, traceparent: null })
    const seen = Buffer.from(withoutRun(bytes)).toString()
    expect(seen).not.toContain('weir.dev')
    expect(seen).toContain('"metadata":{"other":1}')
  },
)

test('what speaks of the extension in a text is left alone, byte for byte', () => {
  const bytes = Buffer.from(JSON.stringify({ message: { parts: [{ text: runExtension }] } }))
  expect(saidInMetadata(bytes)).toBeNull()
  expect(Buffer.from(withoutRun(bytes)).equals(bytes)).toBe(true)
})

test('what has not the form of it says nothing', () => {
  for (const metadata of [{ [runExtension]: 7 }, { [runExtension]: null }, { [runExtension]: { run_id: 7 } }])
    expect(saidInMetadata(Buffer.from(JSON.stringify({ message: { metadata } })))?.run_id ?? '').toBe('')
  expect(saidInMetadata(Buffer.from(`{"message":{"metadata":{"${runExtension}":`))).toBeNull()
})
