/** Random policy sets and requests: every operator of the compiled subset, mostly well typed and sometimes not. */
import fc from 'fast-check'
import { taints } from '../../src/domain/principal.ts'
import type { PolicyAction, PolicyRequest } from '../../src/policy/question.ts'
import type { Facts } from '../../src/policy/world.ts'
import { agentId, agentFacts, personId } from '../unit/policy/fixtures.ts'

export const facts: Facts = {
  agents: [
    agentFacts('orchestrator', { team: 'insights', effect: 'write' }),
    agentFacts('research', { team: 'team:insights', groups: ['subagents'] }),
    agentFacts('writer', { groups: ['subagents', 'readers'] }),
    agentFacts('critic', { groups: ['subagents'], contained: true }),
    agentFacts('partner', { external: true }),
  ],
  tools: [{ id: 'web_search', server: 'web', effect: 'read' }],
  providers: [{ id: 'house', region: 'eu', groups: new Map([['small', ['eu']]]) }],
  disabled: [personId('mallory')],
}

const agents = ['orchestrator', 'research', 'writer', 'critic', 'partner']
const actions: readonly PolicyAction[] = ['invoke', 'callTool', 'useModel', 'startRun', 'exchange']
const actionText = fc.constantFrom(...actions.map((action) => `Weir::Action::"${action}"`))
const agentText = fc.constantFrom(...[...agents, 'ghost'].map((name) => `Weir::Agent::"${name}"`))
const groupText = fc.constantFrom(
  'Weir::AgentGroup::"subagents"',
  'Weir::AgentGroup::"readers"',
  'Weir::Team::"insights"',
)
const thingText = fc.constantFrom('Weir::Tool::"web_search"', 'Weir::Model::"house/small"', 'Weir::ToolServer::"web"')
const userText = fc.constantFrom('Weir::User::"mallory"', 'Weir::User::"tomas"')
const typeText = fc.constantFrom('Weir::Agent', 'Weir::Tool', 'Weir::User', 'Weir::AgentGroup', 'Nobody')
const stringText = fc.constantFrom(
  '"active"',
  '"halted"',
  '"dev"',
  '"read"',
  '"external"',
  '"a*b"',
  '""',
  '"é😀x"',
  '"constructor"',
)
const patternText = fc.constantFrom(
  '"*"',
  '"act*"',
  '"*ve"',
  '"a*t*e"',
  '"a\\*b"',
  '"*é*x"',
  '"dev"',
  '""',
  '"*a*a*"',
  '"d*ev*v"',
)
const longText = fc.constantFrom('0', '1', '2', '3', '-1', '1000000', '9007199254740991', '-9007199254740991')
const attrText = fc.constantFrom('contained', 'external', 'effect', 'disabled', 'nope', 'constructor', 'depth', 'a')
const argumentWords = fc.constantFrom('context.args.path', 'context.args.to.path')
const countText = fc
  .constantFrom('depth', 'budgetLeftMicros', 'tokensLeft', 'calls', 'laps')
  .map((name) => `context.${name}`)
const words = fc.constantFrom('context.runState', 'context.env', 'resource.effect', 'context.taint', 'principal.effect')
const flags = fc.constantFrom(
  'context.humanPresent',
  'context.boundKey',
  'context.approved',
  'principal.contained',
  'resource.external',
  'context.human.disabled',
  'context.args.dry',
)

type Kind = 'bool' | 'long' | 'string' | 'entity' | 'set' | 'record'

/** Expressions by what they mostly yield. One in thirty is of another kind, so that type errors happen. */
const expressions = fc.letrec<Record<Kind | `${Kind}Or`, string>>((tie) => {
  const a = (kind: Kind) => tie(`${kind}Or`)
  const infix = (kind: Kind, ...operators: readonly string[]) =>
    fc.tuple(a(kind), fc.constantFrom(...operators), a(kind)).map(([left, by, right]) => `(${left} ${by} ${right})`)
  const method = (left: Kind, name: string, right: Kind) =>
    fc.tuple(a(left), a(right)).map(([holder, arg]) => `(${holder}).${name}(${arg})`)
  const choose = (kind: Kind) =>
    fc.tuple(a('bool'), a(kind), a(kind)).map(([test, yes, no]) => `(if ${test} then ${yes} else ${no})`)
  const any = fc.oneof(a('bool'), a('long'), a('string'), a('entity'), a('set'), a('record'))
  const sloppy = (kind: Kind) => fc.oneof({ weight: 40, arbitrary: tie(kind) }, { weight: 1, arbitrary: any })
  const deep = { maxDepth: 4, depthSize: 'small', withCrossShrink: true } as const
  return {
    bool: fc.oneof(
      deep,
      fc.oneof(flags, fc.constantFrom('true', 'false')),
      infix('bool', '&&', '||', '==', '!='),
      infix('long', '<', '<=', '>', '>=', '==', '!='),
      infix('entity', '==', '!=', 'in'),
      infix('set', '==', '!='),
      infix('record', '=='),
      fc.tuple(any, any).map(([left, right]) => `(${left} == ${right})`),
      a('bool').map((arg) => `!(${arg})`),
      fc
        .tuple(a('entity'), fc.array(a('entity'), { maxLength: 3 }))
        .map(([it, all]) => `(${it} in [${all.join(', ')}])`),
      any.map((it) => `(principal in [principal, ${it}])`),
      fc.tuple(a('entity'), typeText).map(([it, type]) => `(${it} is ${type})`),
      fc.tuple(a('entity'), typeText, a('entity')).map(([it, type, other]) => `(${it} is ${type} in ${other})`),
      fc.tuple(fc.oneof(a('entity'), a('record')), attrText).map(([it, attr]) => `((${it}) has ${attr})`),
      fc.tuple(a('record'), attrText, attrText).map(([it, attr, next]) => `((${it}) has ${attr}.${next})`),
      fc.constantFrom('(context has human)', '(context has human.disabled)', '(context has nope)'),
      fc.constantFrom(
        '(context has args)',
        '(context has args.path)',
        '(context has args.to.path)',
        '(context.args has dry)',
      ),
      fc.tuple(a('string'), patternText).map(([it, pattern]) => `(${it} like ${pattern})`),
      fc.tuple(a('set'), any).map(([it, arg]) => `(${it}).contains(${arg})`),
      fc.tuple(a('entity')).map(([it]) => `context.chain.contains(${it})`),
      fc.tuple(a('string')).map(([it]) => `context.scopes.contains(${it})`),
      method('set', 'containsAll', 'set'),
      method('set', 'containsAny', 'set'),
      a('set').map((it) => `(${it}).isEmpty()`),
      choose('bool'),
    ),
    long: fc.oneof(
      deep,
      fc.oneof(countText, longText, fc.constant('context.args.limit')),
      infix('long', '+', '-', '*'),
      a('long').map((arg) => `(-(${arg}))`),
      choose('long'),
    ),
    string: fc.oneof(deep, fc.oneof(stringText, words, argumentWords), choose('string')),
    entity: fc.oneof(
      deep,
      fc.constantFrom('principal', 'resource', 'principal', 'resource', 'action', 'context.human'),
      fc.oneof(agentText, groupText, thingText, userText, actionText),
      choose('entity'),
    ),
    set: fc.oneof(
      deep,
      fc.constantFrom(
        'context.chain',
        'context.scopes',
        'context.args.tags',
        '["read", "external"]',
        '[]',
        '[1, 2]',
        '[1, 2, 1]',
      ),
      fc.array(any, { maxLength: 3 }).map((all) => `[${all.join(', ')}]`),
      fc.array(a('entity'), { maxLength: 3 }).map((all) => `[${all.join(', ')}]`),
    ),
    record: fc.oneof(
      deep,
      fc.constantFrom('context', 'context.args', 'context.args.to', '{}', '{"a": 1}'),
      fc.tuple(any, any).map(([first, second]) => `{a: ${first}, "constructor": ${second}}`),
      fc.tuple(a('record')).map(([inner]) => `{"a": ${inner}}`),
    ),
    boolOr: sloppy('bool'),
    longOr: sloppy('long'),
    stringOr: sloppy('string'),
    entityOr: sloppy('entity'),
    setOr: sloppy('set'),
    recordOr: sloppy('record'),
  }
})

const subject = (name: string, exact: fc.Arbitrary<string>, holder: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(name) },
    exact.map((it) => `${name} == ${it}`),
    fc.oneof(holder, exact).map((it) => `${name} in ${it}`),
    typeText.map((type) => `${name} is ${type}`),
    fc.tuple(typeText, holder).map(([type, it]) => `${name} is ${type} in ${it}`),
  )

const scope = fc.tuple(
  subject('principal', agentText, groupText),
  fc.oneof(
    fc.constant('action'),
    actionText.map((it) => `action == ${it}`),
    fc.array(actionText, { minLength: 1, maxLength: 3 }).map((all) => `action in [${all.join(', ')}]`),
  ),
  subject('resource', fc.oneof(agentText, thingText), fc.oneof(groupText, thingText)),
)

const condition = fc
  .tuple(fc.constantFrom('when', 'when', 'unless'), expressions.boolOr)
  .map(([kind, body]) => `${kind} { ${body} }`)

export const policyText = fc
  .tuple(fc.constantFrom('permit', 'permit', 'forbid'), scope, fc.array(condition, { maxLength: 2 }))
  .map(([effect, heads, conditions]) => `${effect}(${heads.join(', ')}) ${conditions.join(' ')};`)

const count = fc.constantFrom(0, 1, 2, 3, 6, 1_000_000, Number.POSITIVE_INFINITY)

/** Arguments that have one reading, of the types the rules expect and of others. */
const argumentsText = fc
  .record(
    {
      path: fc.constantFrom('dev', 'active', 'a*b', 7, null),
      limit: fc.constantFrom(0, 3, -1, 1.5, 9_007_199_254_740_991, 1e300, '3'),
      dry: fc.constantFrom(true, false, 0),
      tags: fc.constantFrom(['read', 'external'], [], [1, 2, 2], [null], 'read'),
      to: fc.constantFrom({ path: 'dev' }, { a: 1 }, {}, [], null),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value))

export const request: fc.Arbitrary<PolicyRequest> = fc.record({
  args: fc.oneof({ weight: 5, arbitrary: argumentsText }, fc.constant(null)),
  action: fc.constantFrom(...actions),
  principal: fc.constantFrom(...agents).map(agentId),
  resource: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...agents).map((name) => ({ kind: 'agent' as const, id: agentId(name) })) },
    { weight: 3, arbitrary: fc.constant({ kind: 'tool' as const, id: 'web_search' }) },
    fc.constant({ kind: 'model' as const, id: 'house/small' }),
  ),
  context: fc.record({
    depth: fc.integer({ min: 0, max: 7 }),
    chain: fc.array(fc.constantFrom(...agents, 'ghost').map(agentId), { maxLength: 4 }),
    human: fc.constantFrom(null, personId('tomas'), personId('mallory')),
    runState: fc.constantFrom('active', 'active', 'halted', 'ended'),
    budgetLeftMicros: count,
    tokensLeft: count,
    calls: count,
    laps: count,
    env: fc.constantFrom('dev', 'prod'),
    boundKey: fc.boolean(),
    taint: fc.constantFrom(...taints),
    approved: fc.boolean(),
    scopes: fc.subarray(['read', 'dev', 'external', 'a*b']),
  }),
})
