import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readArguments } from '../../../src/policy/arguments.ts'
import { decide, mayBe } from '../../../src/policy/decide.ts'
import type { PolicyRequest } from '../../../src/policy/question.ts'
import { readNames } from '../../../src/policy/reads-arguments.ts'
import { Entity, Failure, RecordValue } from '../../../src/policy/values.ts'
import { agentId, calm, cast, decideNow, localOracle, snapshotOf, sourceWith } from './fixtures.ts'

const shipped = readFileSync(join(import.meta.dirname, '../../../config/policy/schema.cedarschema'), 'utf8')
const declared = 'type Args = { path?: String, limit?: Long, dry?: Bool, tags?: Set<String>, to?: { name?: String } };'
const schema = shipped.replace('type Args = {};', declared)

const names = readNames([{ args: ['args', 'path', 'user_id'] }])

function read(json: string): ReturnType<typeof readArguments> {
  return readArguments(json, names ?? new Map())
}

function call(args?: string | null): PolicyRequest {
  const resource = { kind: 'tool', id: 'web/search' } as const
  const request = { action: 'callTool', principal: agentId('research'), resource, context: calm } as const
  return args === undefined ? request : { ...request, args }
}

function policyOf(text: string) {
  return snapshotOf(sourceWith(schema, text), cast, localOracle)
}

test('arguments become the values of Cedar, and what it has none for equals nothing else', () => {
  const value = read(
    '{"path":"/a","limit":3,"dry":true,"tags":["x"],"to":{"name":"n"},"half":0.5,"none":null,"big":1e300}',
  )
  expect(value).toBeInstanceOf(RecordValue)
  const { fields } = value as RecordValue
  expect(fields).toMatchObject({ path: '/a', limit: 3, dry: true, tags: ['x'], to: { fields: { name: 'n' } } })
  for (const [name, id] of Object.entries({ half: '0.5', none: 'null', big: '1e+300' }))
    expect(fields[name]).toEqual(new Entity('Weir::Json', id))
  expect(Object.is((read('{"limit":-0}') as RecordValue).fields['limit'], 0)).toBe(true)
  expect(readArguments(null, new Map())).toEqual(new RecordValue({}))
})

test.each([
  ['a member twice', '{"path":"/a","path":"/b"}'],
  ['another case', '{"path":"/a","Path":"/b"}'],
  ['another case alone', '{"PATH":"/b"}'],
  ['an underscore less', '{"userId":1}'],
  ['an escape of Cedar', '{"to":{"__entity":{"type":"Weir::Agent","id":"orchestrator"}}}'],
  ['a prototype', '{"__proto__":{}}'],
  ['no object', '[1]'],
  ['no JSON', '{"path":'],
  ['half a character', String.raw`{"path":"\ud800"}`],
  ['too deep', `{"a":${'['.repeat(20)}${']'.repeat(20)}}`],
  ['too many values', JSON.stringify({ a: Array.from({ length: 2000 }, () => 1) })],
  ['too long', JSON.stringify({ a: 'x'.repeat(70_000) })],
])('arguments with %s have no reading', (_what, json) => {
  expect(read(json)).toBeInstanceOf(Failure)
})

const safe = policyOf(`
  @id("t.read") permit(principal, action == Weir::Action::"callTool", resource)
    when { context has args.path && context.args.path like "/public/*" };
  @id("t.no-secrets") forbid(principal, action == Weir::Action::"callTool", resource)
    when { context has args.tags && context.args.tags.contains("secret") };`)

test.each([
  ['{"path":"/public/a"}', true],
  ['{"path":"/public/a","other":1.5,"tags":["open"]}', true],
  ['{"path":"/private/a"}', false],
  ['{}', false],
  [null, false],
  ['{"path":"/public/a","tags":["open","secret"]}', false],
  ['{"path":7}', false],
  ['{"path":null}', false],
  ['{"path":"/public/a","PATH":"/private/a"}', false],
  ['{"path":"/public/a","tags":"secret"}', false],
])('a rule on arguments judges %s as %s', (args, allowed) => {
  expect(decideNow(safe, call(args)).kind === 'permit').toBe(allowed)
})

test('a call whose arguments nobody knows is never let through, and its tool is seen all the same', async () => {
  expect(decideNow(safe, call())).toMatchObject({ kind: 'denial', code: 'policy_denied', rule: 't.read' })
  expect(await mayBe(safe, call())).toBe(true)
})

test('a missing argument that is read without asking refuses, even where only a permit reads it', () => {
  const eager = snapshotOf(
    sourceWith(
      schema.replace('Args = { path?: String', 'Args = { path: String'),
      `
      @id("t.all") permit(principal, action == Weir::Action::"callTool", resource);
      @id("t.path") permit(principal, action == Weir::Action::"callTool", resource)
        when { context has args && context.args.path == "/a" };`,
    ),
  )
  expect(decideNow(eager, call('{"path":"/b"}')).kind).toBe('permit')
  expect(decideNow(eager, call('{}'))).toMatchObject({
    rule: 't.path',
    detail: expect.stringContaining('path') as string,
  })
})

test('a list shows what some arguments allow and hides what none do', async () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['permit(principal, action, resource) when { context has args.limit && context.args.limit < 5 };', true],
    ['permit(principal, action, resource) unless { context has args.limit && context.args.limit < 5 };', true],
    ['permit(principal, action, resource) when { context has args.limit && context.env == "prod" };', false],
    [
      'permit(principal, action, resource) when { if context has args.dry then context.env == "dev" else false };',
      true,
    ],
    [
      'permit(principal, action, resource) when { if context has args.dry then context.env == "prod" else false };',
      false,
    ],
    [
      'permit(principal, action, resource) when { if context.env == "dev" then !(context has args.dry) else false };',
      true,
    ],
  ]
  for (const [text, seen] of cases) {
    expect([text, await mayBe(policyOf(`@id("p") ${text}`), call())]).toEqual([text, seen])
    const forbidden = policyOf(
      `@id("p") ${text} @id("f") forbid(principal, action, resource) when { context.depth > 0 };`,
    )
    expect(await mayBe(forbidden, call())).toBe(false)
    const perhaps = policyOf(
      `@id("p") ${text} @id("f") forbid(principal, action, resource) when { context has args.dry };`,
    )
    expect(await mayBe(perhaps, call())).toBe(seen)
  }
})

test('a rule outside of the compiled subset reads arguments through the oracle, and says the same', async () => {
  const oracle = policyOf(`
    @id("t.read") permit(principal, action == Weir::Action::"callTool", resource)
      when { context has args.path && context.args.path like "/public/*" && decimal("1.0").lessThan(decimal("2.0")) };
    @id("t.no") forbid(principal == Weir::Agent::"writer", action, resource);`)
  expect(oracle.uncovered).toEqual(['t.read'])
  const said = async (args?: string | null) => (await decide(oracle, call(args))).kind
  expect(await said('{"path":"/public/a","other":{"x":[null,1.5]}}')).toBe('permit')
  expect(await said('{"path":"/private/a"}')).toBe('denial')
  expect(await said('{"path":{"__extn":{"fn":"decimal","arg":"1.0"}}}')).toBe('denial')
  expect(await said()).toBe('denial')
  expect(await mayBe(oracle, call())).toBe(true)
  expect(await mayBe(oracle, { ...call(), principal: agentId('writer') })).toBe(false)
})

test('arguments are not looked at where no policy reads them', () => {
  const plain = policyOf('@id("p") permit(principal, action, resource) when { context.depth < 5 };')
  expect(decideNow(plain, call('{"path":1,"path":2}')).kind).toBe('permit')
  expect(decideNow(plain, call()).kind).toBe('permit')
})
