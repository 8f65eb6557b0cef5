/** Bodies as servers read them: forms, parts, files, and what is no body. */
import { expect, test } from 'vitest'
import { writeBody } from '../../../../src/protocol/openapi/body.ts'
import type { MediaForm, MediaPlan } from '../../../../src/protocol/openapi/contract.ts'

const media = (form: MediaForm, type: string, more: Partial<MediaPlan> = {}): MediaPlan => ({
  type,
  form,
  encoding: {},
  files: [],
  ...more,
})

function written(plan: MediaPlan, value: unknown): string {
  const body = writeBody(plan, value)
  return typeof body === 'string' ? body : Buffer.from(body.bytes).toString('latin1')
}

test('a form has a plus for a space, JSON for an object, and what its encoding says', () => {
  const type = 'application/x-www-form-urlencoded'
  const value = { a: 'x y+z', b: [1, 2], c: { d: true }, e: null }
  expect(written(media('form', type), value)).toBe('a=x+y%2Bz&b=1&b=2&c=%7B%22d%22%3Atrue%7D')
  const deep = { style: 'deepObject', explode: true, allowReserved: false } as const
  const comma = { style: 'form', explode: false, allowReserved: false } as const
  const encoding = { b: { contentType: null, manner: comma }, c: { contentType: null, manner: deep } }
  expect(written(media('form', type, { encoding }), value)).toBe('a=x+y%2Bz&b=1,2&c%5Bd%5D=true')
  expect(new URLSearchParams(written(media('form', type), { 'ü&=': '☃' })).get('ü&=')).toBe('☃')
})

test('parts are read by a reader of their own, files by their bytes', async () => {
  const plan = media('multipart', 'multipart/form-data', {
    files: ['file', 'more'],
    encoding: {
      meta: { contentType: 'application/json', manner: null },
      more: { contentType: 'image/png, image/jpeg', manner: null },
    },
  })
  const bytes = Buffer.from([0, 13, 10, 45, 45, 255])
  const file = { base64: bytes.toString('base64'), filename: 'a"\r\nx: y.bin', media_type: 'application/pdf' }
  const body = writeBody(plan, {
    note: 'hé',
    tags: ['a', 'b'],
    meta: { n: 1 },
    file,
    more: ['AA==', bytes.toString('base64url')],
  })
  if (typeof body === 'string') throw new Error(body)
  const form = await new Response(Buffer.from(body.bytes), { headers: { 'content-type': body.contentType } }).formData()
  expect([form.get('note'), form.getAll('tags')]).toEqual(['hé', ['a', 'b']])
  const sent = form.get('file') as File
  expect([sent.name, sent.type, Buffer.from(await sent.arrayBuffer())]).toEqual([
    'a"\r\nx: y.bin',
    'application/pdf',
    bytes,
  ])
  const more = form.getAll('more') as File[]
  expect(more.map(({ type, size }) => [type, size])).toEqual([
    ['image/png', 1],
    ['image/png', 6],
  ])
  expect(written(plan, { meta: { n: 1 } })).toContain('Content-Type: application/json\r\n\r\n{"n":1}')
  expect(writeBody(plan, { file: '%%' })).toContain('file is a file')
})

test('text and bytes are what they are, and nothing else is', () => {
  expect(written(media('text', 'text/plain'), 'abc')).toBe('abc')
  expect(written(media('binary', 'application/octet-stream'), 'AP8=')).toBe('\x00\xff')
  expect(writeBody(media('text', 'text/plain'), 1)).toBe('the body is a text')
  expect(writeBody(media('binary', 'a/b'), '?')).toBe('the body is base64')
  expect(writeBody(media('form', 'a/b'), [])).toBe('the body is an object')
})
