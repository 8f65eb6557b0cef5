import { expect, test } from 'vitest'
import { modelHeadersBack, modelHeadersUpwards } from '../../../../src/protocol/llm/headers.ts'

const ours = {
  authorization: 'Bearer secret',
  'x-api-key': 'secret',
  cookie: 'a=b',
  'weir-run-id': 'run_1',
  baggage: 'user=me',
  'txn-token': 'secret',
  'x-claude-code-session-id': 's',
  'session-id': 's',
  'x-codex-parent-thread-id': 't',
  'openai-organization': 'org-of-the-caller',
  'openai-project': 'proj',
  'content-length': '12',
  'idempotency-key': 'k',
  host: 'weir',
}

const sdk = {
  'user-agent': 'OpenAI/JS 7.59.0',
  'x-stainless-lang': 'js',
  'x-stainless-retry-count': '0',
}

function up(headers: Record<string, string>, family: 'openai' | 'anthropic'): Record<string, string> {
  return Object.fromEntries(modelHeadersUpwards(new Map(Object.entries(headers)), family))
}

test('a provider of OpenAI sees the SDK and nobody behind it', () => {
  const said = { accept: 'application/json', 'openai-beta': 'responses=v1', 'anthropic-beta': 'x' }
  expect(up({ ...ours, ...sdk, ...said }, 'openai')).toEqual({
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'openai-beta': 'responses=v1',
    ...sdk,
  })
})

test('a provider of Anthropic sees which version is spoken, said or not', () => {
  expect(up({ ...ours, 'anthropic-version': '2024-01-01', 'anthropic-beta': 'x' }, 'anthropic')).toEqual({
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'anthropic-version': '2024-01-01',
    'anthropic-beta': 'x',
  })
  expect(up({}, 'anthropic')['anthropic-version']).toBe('2023-06-01')
})

const head = {
  'content-type': 'application/json',
  'set-cookie': '__cf_bm=1',
  'openai-organization': 'org-of-ours',
  'openai-project': 'proj_ours',
  'anthropic-organization-id': 'ours',
  'x-ratelimit-remaining-tokens': '5',
  'anthropic-ratelimit-tokens-remaining': '5',
  'x-request-id': 'req_1',
  'request-id': 'req_2',
  'openai-processing-ms': '12',
  'openai-version': '2020-10-01',
  'retry-after': '3',
}

test('what concerns our key does not come back', () => {
  expect(Object.fromEntries(modelHeadersBack(head, 'openai'))).toEqual({
    'weir-upstream-request-id': 'req_1',
    'openai-processing-ms': '12',
    'openai-version': '2020-10-01',
    'retry-after': '3',
  })
  expect(Object.fromEntries(modelHeadersBack(head, 'anthropic'))).toEqual({
    'weir-upstream-request-id': 'req_1',
    'retry-after': '3',
  })
})

test('a value that no listener would write stays behind', () => {
  expect(modelHeadersBack({ 'x-request-id': 'a\r\nb: c', 'openai-version': '\u00e9' }, 'openai')).toEqual([])
})
