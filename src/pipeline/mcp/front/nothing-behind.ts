/** What is behind an address as long as nothing is: nobody, who knows no method. */
import { deny } from '../../../domain/verdict.ts'
import { codes, firstModern } from '../../../protocol/mcp/words.ts'
import type { Behind, OpenBehind } from '../behind.ts'

const nothing: Behind = {
  about: () =>
    Promise.resolve({
      era: 'modern',
      version: firstModern,
      capabilities: Buffer.from('{}'),
      serverInfo: null,
      instructions: null,
    }),
  find: (method) =>
    Promise.resolve({ kind: 'nothing', error: { code: codes.method, message: `${method} is not known here` } }),
  ask(_warrant, _meant, _asking, hearer) {
    queueMicrotask(() => hearer.onEnd({ kind: 'denial', denial: deny('not_found', 'nothing is behind this address') }))
    const still = (): void => undefined
    return { answer: still, cancel: still, pause: still, resume: still, sent: false }
  },
  tell: () => undefined,
  listen: () => ({ use: () => undefined, close: () => undefined }),
}

export const nothingBehind: OpenBehind = () => nothing
