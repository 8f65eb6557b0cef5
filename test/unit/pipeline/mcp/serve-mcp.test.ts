import { beforeAll, expect, test } from 'vitest'
import type { Authority } from '../../../../src/domain/authority.ts'
import { serveMcp } from '../../../../src/pipeline/mcp/serve-mcp.ts'
import type { Relay } from '../../../../src/relay/relay.ts'
import type { McpMission } from '../../../../src/relay/mcp-exchange.ts'
import { agentId } from '../../../support/hop.ts'
import { proofOf } from '../../../support/principals.ts'
import { MemoryReply } from '../../../support/reply.ts'
import { outcomeOf, pave, type TestRoad } from '../../../support/road.ts'

const server = { url: 'http://127.0.0.1:9/', price: { call_micros: 7 } }
let world: TestRoad
let sent: McpMission[] = []

beforeAll(async () => {
  world = await pave({ tools: { approval: 'off', servers: { files: server } } }, 'policy-open')
  const sendMcp: Relay['sendMcp'] = (_warrant, mission, { done }) => {
    sent.push(mission)
    queueMicrotask(() => done(outcomeOf('answered')))
    return { abort: () => undefined, halt: () => undefined, taskId: null }
  }
  Object.assign(world.road.relay, { sendMcp })
})

async function say(message: object | string, authority: Authority = { scopes: null, details: null }) {
  sent = []
  const expiresAt = world.clock.now() + 60_000
  const proof = proofOf(agentId('agent:console'), null, { credentialId: 'console', expiresAt, authority })
  Object.assign(world.road.snapshot.identity, { authenticate: () => ({ proof, delegation: null }) })
  const reply = new MemoryReply()
  const inbound = {
    method: 'POST',
    path: '/mcp/s/files',
    query: '',
    headers: new Map([
      ['host', 'weir.test'],
      ['mcp-protocol-version', '2026-07-28'],
    ]),
    body: Buffer.from(typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', id: 1, ...message })),
    receivedAt: world.clock.now(),
    startedAt: world.clock.monotonic(),
    peer: '127.0.0.1',
    clientCert: null,
  }
  await serveMcp(world.road, 'files', inbound, reply)
  await Promise.resolve()
  return reply
}

const inTmp: Authority = {
  scopes: ['tool:call'],
  details: [{ type: 'mcp_tool', server: 'files', tools: ['read'], args: { '/path': { prefix: '/tmp/' } } }],
}
const read = (path: string) => ({ method: 'tools/call', params: { name: 'read', arguments: { path } } })

test('what a token says of arguments holds for every call', async () => {
  expect((await say(read('/tmp/a'), inTmp)).status).toBe(200)
  expect(sent).toHaveLength(1)
  const refused = await say(read('/etc/passwd'), inTmp)
  // No scope would let it through, so nobody is sent for a token.
  expect([refused.status, sent.length]).toEqual([200, 0])
  expect(Object.fromEntries(refused.headers)).not.toHaveProperty('www-authenticate')
  expect(refused.text).toContain('"isError":true')
  expect(world.lastRecord()).toMatchObject({
    code: 'scope_missing',
    rule: 'token.authority',
    target: 'tool:files/read',
  })
})

test('arguments with two readings fit no rule', async () => {
  const twice = '{"path":"/tmp/a","path":"/etc/passwd"}'
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":${twice}}}`
  expect((await say(body, inTmp)).text).toContain('weir:scope_missing')
  expect((await say(body)).status).toBe(200)
})

test('a token that allows a tool with some arguments shows it, and no other', async () => {
  await say({ method: 'tools/list' }, inTmp)
  const list = Buffer.from('{"id":1,"result":{"tools":[{"name":"read"},{"name":"erase"}]}}')
  const rewritten = await sent[0]?.rewrite?.(list)
  expect(rewritten?.toString()).toBe('{"id":1,"result":{"tools":[{"name":"read"}]}}')
  const twice = await sent[0]?.rewrite?.(Buffer.from('{"result":{"tools":[],"tools":[{"name":"erase"}]}}'))
  expect(twice?.toString()).not.toContain('erase')
})

test('a call is booked with its price, and everything else costs nothing and starts no run', async () => {
  const runs = world.road.runs.list().length
  await say({ method: 'resources/list' })
  expect(world.road.runs.list()).toHaveLength(runs)
  expect(world.lastRecord()).toMatchObject({ run: null, action: 'pass', outcome: { spent: { cost_micros: 0 } } })
  await say(read('/tmp/a'))
  expect(world.road.runs.list()).toHaveLength(runs + 1)
  expect(world.lastRecord()).toMatchObject({ action: 'call_tool', outcome: { spent: { cost_micros: 7 } } })
  expect(world.road.runs.list()[0]?.open).toBe(0)
})

test('a call that lacks a scope is told all scopes at once, unless policy would refuse it anyway', async () => {
  const few: Authority = { scopes: ['openid', 'tool:other'], details: null }
  const refused = await say(read('/tmp/a'), few)
  expect([refused.status, sent.length]).toEqual([403, 0])
  expect(Object.fromEntries(refused.headers)['www-authenticate']).toBe(
    'Bearer realm="weir", error="insufficient_scope", scope="openid tool:call tool:other", ' +
      'resource_metadata="http://weir.test/.well-known/oauth-protected-resource/mcp/s/files"',
  )
  const inDetails = await say(read('/etc/passwd'), { ...few, details: inTmp.details })
  expect([inDetails.status, Object.fromEntries(inDetails.headers)['www-authenticate']]).toEqual([200, undefined])
  const nobody = world.road.snapshot.policy
  const { policy } = (await pave({ tools: { servers: { files: server } } })).road.snapshot
  world.road.snapshot = { ...world.road.snapshot, policy }
  const hidden = await say(read('/tmp/a'), few)
  world.road.snapshot = { ...world.road.snapshot, policy: nobody }
  expect([hidden.status, hidden.text]).toEqual([404, expect.stringContaining('1404')])
})
