/**
 * Which headers cross to a provider of models and back: lists of what may. The key is ours, so whatever speaks for whoever
 * holds it (organisation, project, workspace, what is left of its quota) neither goes up nor comes back.
 */
import type { ModelFamily } from '../../domain/call.ts'
import type { HeaderList, HeaderMap } from '../http.ts'

/** No idempotency key: with a key of ours, callers would share the names of theirs. */
const upwards: Readonly<Record<ModelFamily, readonly string[]>> = {
  openai: ['user-agent', 'openai-beta', 'x-client-request-id'],
  anthropic: ['user-agent', 'anthropic-beta'],
}

/** What the SDKs of both say about themselves. */
const aboutSdk = 'x-stainless-'

/** The only version there is; a request without one is refused by Anthropic. */
const version = 'anthropic-version'
const defaultVersion = '2023-06-01'

/** The request headers of a provider but for its key, and for those of the configuration. */
export function modelHeadersUpwards(headers: HeaderMap, family: ModelFamily): HeaderList {
  const list: [string, string][] = [
    ['accept', headers.get('accept') ?? 'application/json'],
    ['accept-encoding', 'identity'],
    ['content-type', 'application/json'],
  ]
  if (family === 'anthropic') list.push([version, headers.get(version) ?? defaultVersion])
  list.push(...picked(upwards[family], (name) => headers.get(name)))
  for (const [name, value] of headers) if (name.startsWith(aboutSdk)) list.push([name, value])
  return list
}

/** How to come back is the provider's word too: by it an SDK waits for exactly as long as it has to. */
const back: Readonly<Record<ModelFamily, readonly string[]>> = {
  openai: ['openai-processing-ms', 'openai-version', 'retry-after', 'retry-after-ms', 'x-should-retry'],
  anthropic: ['retry-after', 'retry-after-ms', 'x-should-retry'],
}

/** What a listener writes: anything else of a provider would be a bug of ours by the time it is written. */
const plainForm = /^[\t\x20-\x7e]*$/

/**
 * The provider's headers that the caller may see, by lower-case name; the content type is the relay's. What SDKs show as the id
 * of a request is ours, by which it is found here; the provider's own stands beside it, for its support.
 */
export function modelHeadersBack(head: Readonly<Record<string, string | undefined>>, family: ModelFamily): HeaderList {
  const id = head['x-request-id'] ?? head['request-id']
  const named: HeaderList = id === undefined ? [] : [['weir-upstream-request-id', id]]
  return [...picked(back[family], (name) => head[name]), ...named].filter(([, value]) => plainForm.test(value))
}

function picked(names: readonly string[], read: (name: string) => string | undefined): [string, string][] {
  const found: [string, string][] = []
  for (const name of names) {
    const value = read(name)
    if (value !== undefined) found.push([name, value])
  }
  return found
}
