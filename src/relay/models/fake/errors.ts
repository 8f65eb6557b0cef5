/**
 * How providers refuse, in the words of OpenAI and of Anthropic, by status.
 * Sources: OpenAI, Error codes; Anthropic, Errors. SDKs read the status, `retry-after` and `x-should-retry`.
 */
import type { ModelFamily } from '../../../domain/call.ts'

export interface Refusal {
  readonly status: number
  readonly retryAfter_s: number | null
  readonly message: string
  /** OpenAI's `type`. */
  readonly type: string
  readonly code: string | null
  readonly param: string | null
}

const row = { retryAfter_s: null, type: 'invalid_request_error', code: null, param: null } as const

/** By status or by name; statuses that are not here are those of their class. */
const refusals: Readonly<Record<string, Refusal>> = {
  400: { ...row, status: 400, message: 'The request is not valid.' },
  401: { ...row, status: 401, message: 'Incorrect API key provided.', code: 'invalid_api_key' },
  402: { ...row, status: 402, message: 'Your account is not active, please check your billing details.' },
  403: { ...row, status: 403, message: 'You may not use this model.' },
  404: { ...row, status: 404, message: 'There is no such model.', code: 'model_not_found' },
  429: {
    ...row,
    status: 429,
    retryAfter_s: 1,
    message: 'Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 1s.',
    type: 'requests',
    code: 'rate_limit_exceeded',
  },
  quota: {
    ...row,
    status: 429,
    message: 'You exceeded your current quota, please check your plan and billing details.',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  },
  500: {
    ...row,
    status: 500,
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
  },
  503: {
    ...row,
    status: 503,
    message: 'The engine is currently overloaded, please try again later.',
    type: 'server_error',
  },
  529: { ...row, status: 529, message: 'Overloaded', type: 'server_error' },
}

/** What Anthropic calls a status. */
const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** `fails` is a status or the name of a row. */
export function refusalNamed(fails: string): Refusal {
  const known = refusals[fails]
  if (known) return known
  const general = refusals[fails.startsWith('4') ? 400 : 500] ?? { ...row, message: 'An error.' }
  return { ...general, status: Number(fails) }
}

export function badRequest(message: string, param: string | null = null): Refusal {
  return { ...row, status: 400, message, param }
}

export function noSuchModel(model: string): Refusal {
  const message = `The model \`${model}\` does not exist or you do not have access to it.`
  return { ...row, status: 404, message, code: 'model_not_found' }
}

export function noSuchPath(method: string, path: string): Refusal {
  return { ...row, status: 404, message: `Invalid URL (${method} ${path})` }
}

/** The body of a refusal, which also ends a stream that fails. */
export function writeRefusal(family: ModelFamily, refusal: Refusal, requestId: string): string {
  const { status, message, type, param, code } = refusal
  if (family === 'openai') return JSON.stringify({ error: { message, type, param, code } })
  const kind = anthropicTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')
  return JSON.stringify({ type: 'error', error: { type: kind, message }, request_id: requestId })
}
