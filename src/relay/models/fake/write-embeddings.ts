/** Answers in the shape of OpenAI's Embeddings: a vector of length 1 for each text, the same for the same text. */
import { createHash } from 'node:crypto'
import type { Asked } from './asked.ts'
import { inputTokensOf } from './manners.ts'

/** Where the request asks for no other number. */
const dimensions_usual = 8
const dimensions_max = 3072
/** All numbers of one answer. */
const numbers_max = 1 << 18

/** Whether the answer is one that fits into memory. */
export function fitsEmbeddings(asked: Asked): boolean {
  return asked.said.length * sizeOf(asked) <= numbers_max
}

export function writeEmbeddings(asked: Asked): string {
  const size = sizeOf(asked)
  const data = asked.said.map(({ text }, index) => {
    const vector = vectorOf(text, size)
    const embedding = asked.body['encoding_format'] === 'base64' ? base64Of(vector) : vector
    return { object: 'embedding', index, embedding }
  })
  const tokens = inputTokensOf(asked)
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  return JSON.stringify({ object: 'list', data, model: asked.model, usage })
}

function sizeOf({ body }: Asked): number {
  const asked = body['dimensions']
  return Number.isSafeInteger(asked) ? Math.min(Math.max(Number(asked), 1), dimensions_max) : dimensions_usual
}

function vectorOf(text: string, size: number): readonly number[] {
  const digest = createHash('sha256').update(text).digest()
  const raw = Array.from({ length: size }, (_, at) => (digest[at % digest.length] ?? 0) - 127.5)
  const length = Math.hypot(...raw)
  return raw.map((value) => Math.fround(value / length))
}

/** Little-endian floats of four bytes, as SDKs read them. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * 4)
  return bytes.toString('base64')
}
