import { describe, expect, test } from 'vitest'
import type { AgentId } from '../../../../src/domain/ids.ts'
import { isDenial } from '../../../../src/domain/verdict.ts'
import { trustDomainOf } from '../../../../src/identity/trust/spiffe.ts'
import { workloadMap } from '../../../../src/identity/trust/workload-map.ts'
import { agent } from '../../../support/identity-kit.ts'

function mapped(rows: readonly Readonly<Record<string, string>>[], claims: object, agents = {}): AgentId | 'refused' {
  const workloads = rows.map(({ agent: slug = 'research', ...row }) => ({
    agent: agent(slug),
    claims: Object.entries(row),
  }))
  const found = workloadMap({ agent_claim: 'sub', agents, workloads })({ ...claims })
  return isDenial(found) ? 'refused' : found
}

test('all claims of a row must be equal, by name or by pointer, numbers and booleans as text', () => {
  const row = { sub: 's', n: '7', yes: 'true', '/a/b~1c/0': 'x' }
  const claims = { sub: 's', n: 7, yes: true, a: { 'b/c': ['x'] } }
  expect(mapped([row], claims)).toBe(agent('research'))
  for (const near of [{ n: 8 }, { n: '07' }, { yes: false }, { a: { 'b/c': 'x' } }, { a: {} }, { sub: 't' }]) {
    expect(mapped([row], { ...claims, ...near })).toBe('refused')
  }
})

test('a row that does not pin sub matches nobody', () => {
  expect(mapped([{ team: 'insights' }], { sub: 's', team: 'insights' })).toBe('refused')
})

test('rows that name one agent agree, rows that name two contradict each other', () => {
  const claims = { sub: 's', a: '1' }
  expect(mapped([{ sub: 's' }, { sub: 's', a: '1' }], claims)).toBe(agent('research'))
  expect(mapped([{ sub: 's' }, { sub: 's', a: '1', agent: 'planner' }], claims)).toBe('refused')
  expect(mapped([{ sub: 's' }], claims, { s: agent('planner') })).toBe('refused')
})

test('what is written as a pattern is only a text', () => {
  for (const pattern of ['repo:acme/*', 'repo:acme/.*', 'repo:acme/']) {
    expect(mapped([{ sub: pattern }], { sub: 'repo:acme/research' })).toBe('refused')
  }
})

test('numbers that read alike are not compared', () => {
  expect(mapped([{ sub: 's', n: '9007199254740992' }], JSON.parse('{"sub":"s","n":9007199254740993}') as object)).toBe(
    'refused',
  )
})

test('members of prototypes are no claims', () => {
  expect(mapped([{ sub: 's', '/a/constructor/name': 'Object' }], { sub: 's', a: {} })).toBe('refused')
  expect(mapped([{ sub: 's', '/a/length': '1' }], { sub: 's', a: ['x'] })).toBe('refused')
})

describe('a SPIFFE ID', () => {
  test('names its trust domain', () => {
    expect(trustDomainOf('spiffe://acme.example/ns/agents/sa/research')).toBe('spiffe://acme.example')
  })

  test.each([
    'spiffe://acme.example',
    'spiffe://acme.example/',
    'spiffe://acme.example/a/',
    'spiffe://acme.example//a',
    'spiffe://acme.example/./a',
    'spiffe://acme.example/a/../b',
    'spiffe://acme.example/a%2fb',
    'spiffe://acme.example/a?b',
    'spiffe://acme.example/a#b',
    'spiffe://acme.example:443/a',
    'spiffe://user@acme.example/a',
    'spiffe://ACME.example/a',
    'SPIFFE://acme.example/a',
    'https://acme.example/a',
    'spiffe:///a',
    `spiffe://acme.example/${'a'.repeat(2048)}`,
  ])('is none when it reads %s', (id) => {
    expect(trustDomainOf(id)).toBeNull()
  })
})
