import { expect, test } from 'vitest'
import { OwnBehind, type OwnTools } from '../../../../../src/pipeline/mcp/own/own-behind.ts'
import type { Client, Meant } from '../../../../../src/pipeline/mcp/behind.ts'
import { careFor } from '../../../../../src/pipeline/mcp/care.ts'
import type { End } from '../../../../../src/relay/mcp/link.ts'

const names = ['ask_a', 'ask_b', 'ask_c']
const tools: OwnTools = {
  instructions: 'None',
  list: () => names.map((name) => ({ name, description: 'some words' })),
  find: (name) => (names.includes(name) ? { kind: 'own' } : null),
  answer: (name) => ({ content: [{ type: 'text', text: name }] }),
}
const snapshot = { settings: { maximums: { mcp_list_bytes: 40 } } }
const client = { era: 'modern', reader: { snapshot } } as Client
const behind = new OwnBehind(client, Buffer.from('{}'), tools)
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))

async function ask(method: string, params: object): Promise<Record<string, unknown>> {
  const meant: Meant = { kind: 'own' }
  const asking = { method, params: json(params), logLevel: null, mirrors: [], trace: null }
  const end = await new Promise<End>((resolve) =>
    behind.ask(careFor('x'), meant, asking, { onNotice: () => undefined, onAsk: () => undefined, onEnd: resolve }),
  )
  if (end.kind !== 'result' && end.kind !== 'error') throw new Error(end.kind)
  return JSON.parse((end.kind === 'result' ? end.result : end.error).toString()) as Record<string, unknown>
}

test('a list that is too long for one page is read to its end by its cursors', async () => {
  const read: unknown[] = []
  let cursor: unknown
  do {
    const page = await ask('tools/list', cursor === undefined ? {} : { cursor })
    read.push(...(page['tools'] as { name: string }[]).map(({ name }) => name))
    cursor = page['nextCursor']
  } while (cursor !== undefined)
  expect(read).toEqual(names)
})

test('a cursor that is no text is of no list, and one past the end leads to nothing', async () => {
  expect(await ask('tools/list', { cursor: 7 })).toMatchObject({ code: -32602 })
  expect(await ask('tools/list', { cursor: 'zzz' })).toEqual({ tools: [] })
})

test('there are tools here and nothing else', async () => {
  for (const method of ['prompts/list', 'resources/read', 'completion/complete', 'tasks/get'])
    expect(await behind.find(method, null)).toMatchObject({ kind: 'nothing', error: { code: -32601 } })
  for (const params of [null, json({}), json({ name: 'ask_z' })])
    expect(await behind.find('tools/call', params)).toMatchObject({ kind: 'nothing', error: { code: -32602 } })
  expect(await behind.find('tools/call', json({ name: 'ask_a' }))).toEqual({ kind: 'own' })
})

test('a tool of ours answers under its name', async () => {
  expect(await ask('tools/call', { name: 'ask_b' })).toEqual({ content: [{ type: 'text', text: 'ask_b' }] })
})
