import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBoard } from '../../src/base/board.ts'
import { Epochs, epochsPlan } from '../../src/identity/revocation/epochs.ts'
import { agent, person } from '../support/identity-kit.ts'
import { proofOf } from '../support/principals.ts'

const max = 64
const second = 1_800_000_000

test('whatever was revoked and given back in whatever order, exactly what stands revoked is refused', () => {
  const names = Array.from({ length: 80 }, (_, at) => `user:p${at}`)
  const orders = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...names)), { maxLength: 400 })
  fc.assert(
    fc.property(orders, (orders) => {
      const table = new Epochs(createBoard(epochsPlan(max)), max)
      const model = new Set<string>()
      for (const [revoke, name] of orders) {
        if (!revoke) {
          table.lift(name)
          model.delete(name)
        } else if (table.set({ what: 'person', name, epoch: second, contained: false })) model.add(name)
        else expect(model.size).toBe(max)
      }
      for (const name of names) {
        const proof = proofOf(agent('research'), person(name.slice('user:'.length)))
        expect(table.refusalOf({ proof, delegation: null }) !== null).toBe(model.has(name))
      }
    }),
    { numRuns: 60 },
  )
})
