/** A description is compiled beside everything else, pinned by its digest, and nothing it says takes the gateway along. */
import { createHash } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { usualOptions } from '../../src/protocol/openapi/compile.ts'
import { compileInWorker } from '../../src/threads/compile-in-worker.ts'

const yaml =
  'openapi: 3.0.3\ninfo: {title: T, version: "1"}\npaths:\n  /a:\n    get: {operationId: a, responses: {200: {description: ok}}}\n'
const order = (source: string | Uint8Array, sha256: string | null = null) => ({ source, sha256, options: usualOptions })

test('a file in YAML comes back as tools, and another one than was pinned does not', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'weir-description-')), 'api.yaml')
  writeFileSync(path, yaml)
  const sha256 = createHash('sha256').update(yaml).digest('hex')
  const compiled = await compileInWorker(order(path, sha256))
  expect(compiled).toMatchObject({ kind: 'compiled', sha256, api: { tools: [{ definition: { name: 'a' } }] } })
  writeFileSync(path, `${yaml}# changed\n`)
  expect(await compileInWorker(order(path, sha256))).toMatchObject({
    sentence: expect.stringContaining('not the one that was pinned') as string,
  })
}, 60_000)

test('what is no description is a sentence', async () => {
  const of = async (text: string): Promise<object> => compileInWorker(order(Buffer.from(text)))
  const neither = { kind: 'uncompiled', sentence: 'the description is neither JSON nor YAML of one mapping' }
  for (const text of ['', '[1]', '{', 'a: &a [*a]', '\0\u00ff']) expect(await of(text)).toEqual(neither)
  expect(await of('{"openapi":"3.0.0"}')).toMatchObject({ kind: 'compiled', api: { tools: [] } })
  expect(await compileInWorker(order('/nowhere/at/all'))).toMatchObject({ kind: 'uncompiled' })
}, 60_000)
