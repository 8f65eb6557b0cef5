/** Models: every place names a provider that is there, all places of a route speak one API, a provider has an address. */
import { placeOfModel } from './settings-models.ts'
import { rowsAt, textAt } from './plain.ts'
import { type Finding, type Path, printable } from './problems.ts'
import { nearest } from '../base/suggest.ts'

export function modelPairs(plain: unknown): readonly Finding[] {
  const apis = new Map(
    rowsAt(plain, ['models', 'providers']).map(([path]) => [String(path.at(-1)), textAt(plain, [...path, 'api'])]),
  )
  return [...addresses(plain), ...routes(plain, apis)]
}

function addresses(plain: unknown): readonly Finding[] {
  return rowsAt(plain, ['models', 'providers']).flatMap(([path]): readonly Finding[] => {
    const [api, url] = [textAt(plain, [...path, 'api']), textAt(plain, [...path, 'url'])]
    if (api === '' || (api === 'fake') === (url === '')) return []
    return api === 'fake'
      ? [{ path: [...path, 'url'], message: 'a fake provider has no url', expected: 'no url beside api: fake' }]
      : [{ path, message: 'a provider without url', expected: 'url: where its API is' }]
  })
}

function routes(plain: unknown, apis: ReadonlyMap<string, string>): readonly Finding[] {
  return rowsAt(plain, ['models', 'routes']).flatMap(([path]) => {
    const to = rowsAt(plain, [...path, 'to']).map(([row]): Path => [...row, 'model'])
    const fallback = rowsAt(plain, [...path, 'fallback']).map(([row]) => row)
    const spoken = new Set<string>()
    return [...to, ...fallback].flatMap((place): readonly Finding[] => {
      const written = textAt(plain, place)
      if (written === '') return []
      const named = placeOfModel(written)
      const api = named === null ? undefined : apis.get(named.provider)
      if (api === undefined) {
        const near = named && nearest(named.provider, [...apis.keys()])
        const suggestion = near ? `${near}/${named.model}` : null
        const message = `model "${printable(written)}" of no provider that is here`
        return [{ path: place, message, expected: 'provider/model with a key of models.providers', suggestion }]
      }
      if (api !== '' && api !== 'fake') spoken.add(api)
      if (spoken.size < 2) return []
      return [{ path: place, message: 'a model of another API than those before it', expected: 'models of one API' }]
    })
  })
}
