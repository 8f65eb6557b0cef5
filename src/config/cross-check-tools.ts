/** What no single row can say of tool servers: each is in exactly one place. */
import { valueAt } from './explain.ts'
import { rowsAt } from './plain.ts'
import type { Finding } from './problems.ts'

export function toolPairs(plain: unknown): readonly Finding[] {
  return rowsAt(plain, ['tools', 'servers']).flatMap(([path]): readonly Finding[] => {
    const has = (member: string): boolean => valueAt(plain, [...path, member]) !== undefined
    if (!has('url') && !has('process')) {
      const expected = has('openapi') ? 'url, where the API is' : 'url or process'
      return [{ path, atKey: true, message: 'a server without a place', expected, suggestion: null }]
    }
    const both = ['url', 'openapi'].find((member) => has('process') && has(member))
    if (both === undefined) return []
    const expected = 'nothing beside process, which is a place of its own'
    return [{ path: [...path, both], atKey: true, message: `found ${both}`, expected, suggestion: null }]
  })
}
