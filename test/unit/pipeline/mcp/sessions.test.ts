import { expect, test } from 'vitest'
import { cryptoDice } from '../../../../src/base/dice.ts'
import { isOwner, McpSessions } from '../../../../src/pipeline/mcp/sessions.ts'
import { agentId } from '../../../support/hop.ts'
import { proofOf } from '../../../support/principals.ts'
import type { PersonId } from '../../../../src/domain/ids.ts'

const sessions = new McpSessions(Buffer.alloc(32, 7), cryptoDice())
const principal = (agent: string, person: string | null = null) => ({
  proof: proofOf(agentId(`agent:${agent}`), person as PersonId | null),
  delegation: null,
})
const alice = principal('alice', 'user:ana')

test('a session is opened on its route, for its agent and its person', () => {
  const sealed = sessions.close('files', 'abc', alice) ?? ''
  const session = sessions.open('files', sealed)
  expect(session).toMatchObject({ id: 'abc', sealed })
  expect(sessions.open('web', sealed)).toBeNull()
  expect(new McpSessions(Buffer.alloc(32, 7), cryptoDice()).open('files', sealed)).toMatchObject({ id: 'abc' })
  expect(new McpSessions(Buffer.alloc(32, 8), cryptoDice()).open('files', sealed)).toBeNull()
  if (!session) throw new Error('it was opened')
  expect(isOwner(session, alice)).toBe(true)
  for (const other of [principal('bob', 'user:ana'), principal('alice', 'user:ben'), principal('alice')])
    expect(isOwner(session, other)).toBe(false)
})

test('one session has another id each time it is given, in visible characters', () => {
  const [one, other] = [sessions.close('files', 'abc', alice), sessions.close('files', 'abc', alice)]
  expect(one).not.toBe(other)
  expect(one).toMatch(/^[\x21-\x7e]+$/)
})

test.each(['', 'a b', 'é', 'x'.repeat(1025)])('%s is no id of a session', (id) => {
  expect(sessions.close('files', id, alice)).toBeNull()
})
