/** Colour follows the terminal and its owner's wishes, and nobody's data controls the terminal. */
import { expect, test } from 'vitest'
import { paintWith, visible, wantsColor } from '../../../src/cli/paint.ts'

test.each([
  ['a terminal has colour', true, {}, true],
  ['a pipe has none', false, {}, false],
  ['NO_COLOR wins on a terminal', true, { NO_COLOR: '1' }, false],
  ['an empty NO_COLOR counts as unset', true, { NO_COLOR: '' }, true],
  ['CLICOLOR_FORCE colours a pipe', false, { CLICOLOR_FORCE: '1' }, true],
  ['CLICOLOR_FORCE=0 does not', false, { CLICOLOR_FORCE: '0' }, false],
  ['NO_COLOR wins over CLICOLOR_FORCE', true, { NO_COLOR: '1', CLICOLOR_FORCE: '1' }, false],
])('%s', (_claim, isTTY, env, expected) => {
  expect(wantsColor(isTTY, env)).toBe(expected)
})

test('without colour a text stays as it is', () => {
  expect(paintWith(false)('bad', 'halted')).toBe('halted')
  expect(paintWith(true)('bad', 'halted')).toContain('\u001b[')
})

test('control and direction characters in data are shown and do not act', () => {
  expect(visible('a\u001b[2Jb\r\n\u009b\u202ec')).toBe('a\\u001b[2Jb\\u000d\\u000a\\u009b\\u202ec')
})
