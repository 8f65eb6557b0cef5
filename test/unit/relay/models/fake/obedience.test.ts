import { expect, test } from 'vitest'
import { denials } from '../../../../../src/domain/denials.ts'
import { mannerOf } from '../../../../../src/relay/models/fake/manners.ts'
import { isToldToStop } from '../../../../../src/relay/models/fake/obedience.ts'
import { readAsked } from '../../../../../src/relay/models/fake/asked.ts'

const rows = Object.entries(denials).map(([code, row]) => ({ code, ...row }))

function told({ code, sentence, advice }: (typeof rows)[number], times = 1): boolean {
  const text = `403 [weir:${code}] ${sentence}. ${advice}. ref hop_1`
  return isToldToStop(Array.from({ length: times }, () => ({ by: 'tool', text })))
}

/** Its sentence asks for something that a model cannot do, so it takes the model a few tries. */
const beyondModels = new Set(['run_context_required'])

test.each(rows.filter(({ retry, code }) => retry === 'never' && !beyondModels.has(code)))(
  'the sentence of $code ends a loop at once',
  (row) => expect(told(row)).toBe(true),
)

test.each(rows)('the sentence of $code ends a loop at the third time', (row) => expect(told(row, 3)).toBe(true))

test.each(['rate_limited', 'concurrency_limited', 'budget_held', 'busy'])(
  'after %s one more try is worth it',
  (code) => {
    const row = rows.find((one) => one.code === code)
    expect(row && [told(row), told(row, 2)]).toEqual([false, true])
  },
)

test('the code alone says nothing to a model, nor do words that are not of Weir', () => {
  const said = ['[weir:run_halted]', '[weir:policy_denied] ref hop_1', 'Do not retry; reply with a short final message']
  for (const text of said) expect(isToldToStop([{ by: 'tool', text }])).toBe(false)
})

test('the model that obeys calls until it is told to stop, the one that loops calls on', () => {
  const tools = [{ type: 'function', function: { name: 'ask' } }]
  const denial = {
    role: 'tool',
    content: '[weir:run_halted] This run was halted. Stop calling tools and agents. ref h',
  }
  const tool = (model: string, more: object[]): string | null | undefined => {
    const manner = mannerOf(model)
    const body = { model, tools, messages: [{ role: 'user', content: 'go' }, ...more] }
    if (manner === null || 'fails' in manner) return undefined
    return manner.answer(readAsked('openai-chat', body, 'seed')).tool
  }
  expect(tool('obey', [{ role: 'tool', content: 'fine' }])).toBe('ask')
  expect(tool('obey', [denial])).toBeNull()
  expect(tool('loop', [denial])).toBe('ask')
})
