/** What no single row can say of cards and facets: what they need of other rows, and what makes no sense beside them. */
import { valueAt } from './explain.ts'
import { rowsAt, textAt } from './plain.ts'
import type { Finding, Path } from './problems.ts'

/** A facet is reached as its agent is, so it says nothing of that itself. */
const notForFacets = ['url', 'headers', 'credential', 'card', 'versions']

export function cardPairs(plain: unknown): readonly Finding[] {
  return rowsAt(plain, ['agents']).flatMap(([path]) => [...facet(plain, path), ...card(plain, path)])
}

function facet(plain: unknown, agent: Path): readonly Finding[] {
  const path = [...agent, 'facet_of']
  const name = textAt(plain, path)
  if (name === '') return []
  const doubled = notForFacets
    .filter((key) => valueAt(plain, [...agent, key]) !== undefined)
    .map((key): Finding => {
      const expected = `no ${key}, for calls to a facet go the way of ${name}`
      return { path: [...agent, key], atKey: true, message: 'beside facet_of', expected }
    })
  const whole = ['agents', name]
  if (valueAt(plain, whole) === undefined) return doubled
  const is = (message: string, expected: string): readonly Finding[] => [...doubled, { path, message, expected }]
  if (valueAt(plain, [...whole, 'facet_of']) !== undefined) return is(`${name} is a facet`, 'an agent that is none')
  if (valueAt(plain, [...whole, 'url']) === undefined) return is(`${name} has no url`, 'an agent that can be called')
  return doubled
}

function card(plain: unknown, agent: Path): readonly Finding[] {
  const path = [...agent, 'card']
  if (valueAt(plain, path) === undefined) return []
  const findings: Finding[] = []
  if (valueAt(plain, [...agent, 'url']) === undefined && valueAt(plain, [...agent, 'facet_of']) === undefined)
    findings.push({ path: [...agent, 'url'], message: 'is missing', expected: 'a URL, for the agent has a card' })
  if (textAt(plain, [...path, 'signatures']) === 'required' && valueAt(plain, [...path, 'keys']) === undefined)
    findings.push({ path: [...path, 'keys'], message: 'is missing', expected: 'keys, because signatures is required' })
  return findings
}
