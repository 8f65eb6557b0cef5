/** Which of the paths under `/v1` was asked. They are those of OpenAI and of Anthropic, which share `/v1/models` alone. */
import type { HeaderMap } from '../http.ts'
import type { ModelRoute } from './contract.ts'

const posts: Readonly<Record<string, ModelRoute>> = {
  '/v1/chat/completions': post('openai-chat', 'generate', '/chat/completions'),
  '/v1/responses': post('openai-responses', 'generate', '/responses'),
  '/v1/embeddings': post('openai-embeddings', 'embed', '/embeddings'),
  '/v1/messages': post('anthropic-messages', 'generate', '/v1/messages'),
  '/v1/messages/count_tokens': post('anthropic-count', 'count', '/v1/messages/count_tokens'),
}

const listPath = '/v1/models'
const onePrefix = `${listPath}/`

/**
 * The route of a request; null for a path that is none of these, and `wrong_method` for one that is asked with another
 * method. The path is a canonical one, so its escapes are whole.
 */
export function modelRouteOf(method: string, path: string, headers: HeaderMap): ModelRoute | 'wrong_method' | null {
  const found = Object.hasOwn(posts, path) ? posts[path] : listRouteOf(path, headers)
  if (!found) return null
  return found.method === method ? found : 'wrong_method'
}

/** What `allow` says where the method is a wrong one. */
export function modelMethodOf(path: string): ModelRoute['method'] {
  return Object.hasOwn(posts, path) ? 'POST' : 'GET'
}

/** Both families list their models at one path; only the SDKs of Anthropic say a version. */
function listRouteOf(path: string, headers: HeaderMap): ModelRoute | null {
  const one = path === listPath ? null : path.startsWith(onePrefix) ? path.slice(onePrefix.length) : ''
  if (one === '') return null
  const isAnthropic = headers.has('anthropic-version')
  return {
    dialect: isAnthropic ? 'anthropic-models' : 'openai-models',
    operation: 'list',
    method: 'GET',
    one: one === null ? null : decodeURIComponent(one),
    path: path.slice(isAnthropic ? 0 : '/v1'.length),
  }
}

function post(dialect: ModelRoute['dialect'], operation: ModelRoute['operation'], path: string): ModelRoute {
  return { dialect, operation, method: 'POST', one: null, path }
}
