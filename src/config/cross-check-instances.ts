/** What no single row can say of instances: each stands there once, and a fallback leads to somebody who answers. */
import { valueAt } from './explain.ts'
import { rowsAt, textAt } from './plain.ts'
import { type Finding, type Path, printable } from './problems.ts'
import { instances_max } from './schema-instances.ts'
import { nearest } from '../base/suggest.ts'

export function crossCheckInstances(plain: unknown): readonly Finding[] {
  return rowsAt(plain, ['agents']).flatMap(([agent]) => [...repeated(plain, agent), ...badFallback(plain, agent)])
}

/** `url` and every instance, each with the place where it is written. */
function placesOf(plain: unknown, agent: Path): readonly (readonly [Path, string])[] {
  const written = rowsAt(plain, [...agent, 'instances']).map(([path, value]) =>
    typeof value === 'string' ? path : [...path, 'url'],
  )
  return [[...agent, 'url'], ...written].flatMap((path) => {
    const text = textAt(plain, path)
    return text === '' ? [] : [[path, URL.parse(text)?.href ?? text] as const]
  })
}

function repeated(plain: unknown, agent: Path): readonly Finding[] {
  const places = placesOf(plain, agent)
  const seen = new Set<string>()
  const twice = places.flatMap(([path, url]): readonly Finding[] => {
    if (!seen.has(url)) {
      seen.add(url)
      return []
    }
    return [{ path, message: 'the same as before', expected: 'a different URL for every instance' }]
  })
  if (places.length !== instances_max + 1) return twice
  const path = [...agent, 'instances']
  return [...twice, { path, message: `found ${places.length} with url`, expected: `at most ${instances_max}` }]
}

function badFallback(plain: unknown, agent: Path): readonly Finding[] {
  const path = [...agent, 'fallback']
  const slug = textAt(plain, path)
  if (slug === '') return []
  const slugs = rowsAt(plain, ['agents']).map(([row]) => String(row[1]))
  if (!slugs.includes(slug)) {
    const message = `found "${printable(slug)}"`
    return [{ path, message, expected: 'a name under agents', suggestion: nearest(slug, slugs) }]
  }
  if (!answers(plain, agent)) {
    return [{ path, atKey: true, message: 'beside no url and no instances', expected: 'an agent that can be called' }]
  }
  if (!answers(plain, ['agents', slug])) {
    return [{ path, message: `${slug} cannot be called`, expected: 'an agent with a url or instances' }]
  }
  return comesBack(plain, String(agent[1]))
    ? [{ path, message: `${slug} leads back to it`, expected: 'fallbacks that end' }]
    : []
}

function answers(plain: unknown, agent: Path): boolean {
  return valueAt(plain, [...agent, 'url']) !== undefined || rowsAt(plain, [...agent, 'instances']).length > 0
}

function comesBack(plain: unknown, start: string): boolean {
  const passed = new Set<string>()
  let slug = textAt(plain, ['agents', start, 'fallback'])
  while (slug !== '' && slug !== start && !passed.has(slug)) {
    passed.add(slug)
    slug = textAt(plain, ['agents', slug, 'fallback'])
  }
  return slug === start
}
