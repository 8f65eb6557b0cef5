/** What no single row of the table can say about tokens of the admin listener: each is one person's. */
import { rowsAt, textAt } from './plain.ts'
import type { Finding } from './problems.ts'

export function crossCheckAdmin(plain: unknown): readonly Finding[] {
  return ['name', 'secret'].flatMap((member) => {
    const seen = new Set<string>()
    return rowsAt(plain, ['gateway', 'admin_tokens']).flatMap(([row]): readonly Finding[] => {
      const path = [...row, member]
      const value = textAt(plain, path)
      if (value === '' || !seen.has(value)) {
        seen.add(value)
        return []
      }
      return [{ path, message: 'the same as of a token before', expected: `a ${member} of its own` }]
    })
  })
}
