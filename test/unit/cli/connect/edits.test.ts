import { expect, test } from 'vitest'
import { managedToml, withEnv, withJson, withListed } from '../../../../src/cli/connect/edits.ts'

test('members go into the object at their place, and everything else stays', () => {
  expect(withJson('', ['env'], { A: '1' })).toBe('{\n  "env": {\n    "A": "1"\n  }\n}\n')
  const before = '{\n    "theme": "dark",\n    "env": { "B": "2", "A": "0" }\n}'
  const after = withJson(before, ['env'], { A: '1' }) ?? ''
  expect(JSON.parse(after)).toEqual({ theme: 'dark', env: { B: '2', A: '1' } })
  expect(after).toContain('\n    "theme"')
})

test.each(['{ // why\n}', '[]', '{"env": 7}', '{"env": []}', 'x'])('%s is left to a person', (before) => {
  expect(withJson(before, ['env'], { A: '1' })).toBeNull()
})

test('a variable keeps its line, and a new one comes at the end', () => {
  expect(withEnv('', { A: '1' })).toBe('A=1\n')
  expect(withEnv('A=0\nexport B=2\nA=9', { A: '1', B: '3', C: '4' })).toBe('A=0\nB=3\nA=1\nC=4\n')
  expect(withEnv('AB=2\n', { A: '1' })).toBe('AB=2\nA=1\n')
})

test('the block is written once, wherever it stands', () => {
  const block = ['[mcp_servers.weir]', 'url = "u"']
  const first = managedToml('model = "o"\n', block) ?? ''
  expect(first).toBe('model = "o"\n\n# weir connect: begin\n[mcp_servers.weir]\nurl = "u"\n# weir connect: end\n')
  expect(managedToml(first, block)).toBe(first)
  expect(managedToml(`${first}[more]\n`, ['[x]'])).toBe(
    'model = "o"\n\n[more]\n\n# weir connect: begin\n[x]\n# weir connect: end\n',
  )
})

test('a table that somebody wrote already is left to a person', () => {
  expect(managedToml('[mcp_servers.weir]\nurl = "mine"\n', ['[mcp_servers.weir]'])).toBeNull()
})

test('an item of a list takes the place of the one with its id, and what is no list is left alone', () => {
  const item = { id: 'weir-token', type: 'promptString' }
  expect(JSON.parse(withListed('', 'inputs', item) ?? '')).toEqual({ inputs: [item] })
  const before = JSON.stringify({ servers: {}, inputs: [{ id: 'mine' }, { id: 'weir-token', type: 'old' }] })
  const after = withListed(before, 'inputs', item) ?? ''
  expect(JSON.parse(after)).toEqual({ servers: {}, inputs: [{ id: 'mine' }, item] })
  expect(withListed(after, 'inputs', item)).toBe(after)
  for (const odd of ['{"inputs":{}}', '{ // mine\n}', '[]']) expect(withListed(odd, 'inputs', item)).toBeNull()
})
