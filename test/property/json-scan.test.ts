import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonShape } from '../../src/base/json-shape.ts'
import { scanJson } from '../../src/base/json-scan.ts'

const paths = ['id', 'method', 'params', 'params.message', 'params.message.taskId'] as const
const shape = jsonShape(paths, 'ignore')
const strict = jsonShape(paths, 'refuse')

const member = fc.jsonValue({ maxDepth: 3 })
const request = fc.record(
  {
    id: member,
    method: fc.oneof(fc.string({ unit: 'grapheme' }), member),
    params: fc.oneof(
      member,
      fc.record({ message: fc.oneof(member, fc.record({ taskId: member, other: member }, { requiredKeys: [] })) }),
    ),
    other: member,
  },
  { requiredKeys: [] },
)
const spaced = fc
  .tuple(request, fc.constantFrom('', ' ', '\n\t'))
  .map(([value, gap]) => JSON.stringify(value, null, gap))

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => {
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner) && Object.hasOwn(inner, name)
    return isObject ? (inner as Record<string, unknown>)[name] : undefined
  }, value)
}

test('what the scan finds is what JSON.parse finds, for every member and every text', () => {
  fc.assert(
    fc.property(spaced, (text) => {
      if (text.includes('__proto__')) return
      const found = scanJson(Buffer.from(text), shape)
      if (found.kind === 'mistake') throw new Error(found.what)
      for (const path of paths) {
        const raw = found.raw(path)
        expect(raw === null ? undefined : JSON.parse(raw)).toEqual(at(JSON.parse(text), path))
      }
    }),
    { numRuns: 2000 },
  )
})

const spoiled = fc
  .tuple(spaced, fc.nat(), fc.constantFrom('', '"', '\\', '{', '}', ',', ':', '0', '-', '.', 'e', '\u0000', ' '))
  .map(([text, where, put]) => {
    const cut = where % (text.length + 1)
    return text.slice(0, cut) + put + text.slice(cut + 1)
  })

test('a text is accepted exactly when JSON.parse accepts it, but for names and depth', () => {
  fc.assert(
    fc.property(spoiled, (text) => {
      const found = scanJson(Buffer.from(text), shape)
      if (found.kind === 'mistake' && found.what !== 'syntax') return
      let parses = true
      try {
        JSON.parse(Buffer.from(text).toString('utf8'))
      } catch {
        parses = false
      }
      expect(found.kind === 'spans').toBe(parses)
    }),
    { numRuns: 5000 },
  )
})

test('no bytes make the scan throw, and the strict shape never accepts more than the lenient one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const accepted = scanJson(Buffer.from(bytes), strict).kind === 'spans'
      expect(!accepted || scanJson(Buffer.from(bytes), shape).kind === 'spans').toBe(true)
    }),
    { numRuns: 2000 },
  )
})
