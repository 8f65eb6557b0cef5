/** Callers that give up after five seconds without a byte, as Python's httpx does, before an agent that says nothing for six. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { posting, wordings, type Dialect } from '../support/matrix-wire.ts'
import { type MatrixWorld, startMatrixWorld } from '../support/matrix-world.ts'

const patience_ms = 5000
let world: MatrixWorld

beforeAll(async () => {
  world = await startMatrixWorld()
})

afterAll(() => world.stop())

/** Reads an answer and throws when nothing came for longer than httpx waits. */
async function readImpatiently(answer: Promise<Response>): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  const within = async <T>(next: Promise<T>): Promise<T> => {
    const late = Promise.withResolvers<never>()
    const alarm = setTimeout(() => late.reject(new Error(`nothing came for ${patience_ms} ms`)), patience_ms)
    return await Promise.race([next, late.promise]).finally(() => clearTimeout(alarm))
  }
  const reader = (await within(answer)).body?.getReader()
  for (;;) {
    const next = await within(reader?.read() ?? Promise.reject(new Error('no body')))
    if (next.done) return text
    text += decoder.decode(next.value as Uint8Array, { stream: true })
  }
}

function askSilent(slug: string, dialect: Dialect, operation: 'send' | 'stream'): Promise<Response> {
  const { path, body, version } = posting(dialect, { operation, text: 'silent' })
  const headers = { 'content-type': 'application/json', 'a2a-version': version }
  return world.fetch(world.base(slug) + path, { method: 'POST', headers, body })
}

const dialects = Object.keys(wordings) as Dialect[]
/** A unary answer over HTTP+JSON has its status in front, which is not known before the agent speaks: it stays silent. */
const modes = dialects.flatMap((dialect) => [
  ...(wordings[dialect].rest === null ? [{ dialect, operation: 'send' as const }] : []),
  { dialect, operation: 'stream' as const },
])

test('no caller hears nothing for five seconds, whatever it speaks and however it asks', async () => {
  const all = modes.flatMap(({ dialect, operation }) =>
    ['rpc10', 'rest03', 'dull'].map(async (slug) => {
      const text = await readImpatiently(askSilent(slug, dialect, operation))
      expect(text).toContain('awake')
      if (operation === 'send') expect(JSON.parse(text)).toMatchObject({ id: 1 })
    }),
  )
  await Promise.all(all)
})

test('without Weir the same caller gives up', async () => {
  const { body } = posting('1.0 JSON-RPC', { operation: 'send', text: 'silent' })
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' }
  const bare = fetch(world.agent('rpc10').url, { method: 'POST', headers, body })
  await expect(readImpatiently(bare)).rejects.toThrow('nothing came')
})
