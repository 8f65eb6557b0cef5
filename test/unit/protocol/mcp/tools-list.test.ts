import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readToolsList } from '../../../../src/protocol/mcp/tools-list.ts'

const unicode = fc.string({ unit: 'grapheme' })
const tools = fc.array(fc.record({ name: unicode, inputSchema: fc.object(), $defs: fc.json() }), { maxLength: 8 })

test('tools that stay, and everything beside them, keep their bytes', () => {
  fc.assert(
    fc.property(tools, fc.object(), fc.infiniteStream(fc.boolean()), (all, more, coins) => {
      const others = Object.fromEntries(Object.entries(more).filter(([name]) => !['tools', '__proto__'].includes(name)))
      const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { ...others, tools: all, nextCursor: 'x' } })
      if (/"__proto__"/.test(text)) return
      const list = readToolsList(Buffer.from(text))
      if (list === null || list === 'unreadable') throw new Error('it is a list')
      expect(list.tools.map(({ name }) => name)).toEqual(all.map(({ name }) => name))
      const keeps = all.map((): boolean => coins.next().value === true)
      const kept = all.filter((_, i) => keeps[i])
      const wanted = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { ...others, tools: kept, nextCursor: 'x' } })
      expect(list.keep(keeps).toString()).toBe(wanted)
    }),
  )
})

test('numbers and unknown members survive as they were written', () => {
  const text = '{"result":{"tools":[{"name":"a"},{"name":"b","x":1.0e2,"y":[ 12345678901234567890 ]}]},"id":1}'
  const list = readToolsList(Buffer.from(text))
  expect(list !== null && list !== 'unreadable' && list.keep([false, true]).toString()).toBe(
    '{"result":{"tools":[{"name":"b","x":1.0e2,"y":[ 12345678901234567890 ]}]},"id":1}',
  )
})

test('a tool with two names has none, and a list with two readings is not read', () => {
  const twice = readToolsList(Buffer.from('{"result":{"tools":[{"name":"a","name":"b"},1]}}'))
  expect(twice).toMatchObject({ tools: [{ name: null }, { name: null }] })
  expect(readToolsList(Buffer.from('{"result":{"tools":[],"tools":[]}}'))).toBe('unreadable')
  expect(readToolsList(Buffer.from('{"result":{"prompts":[]}}'))).toBeNull()
})
