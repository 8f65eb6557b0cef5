import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { serveMcpFixture } from '../support/mcp-server.ts'
import {
  configForTools,
  filesServer,
  generations,
  messageOf,
  modernPost,
  rawPost,
  toolClient,
} from '../support/mcp-weir.ts'
import { startWeir } from '../support/weir.ts'

const shipped = readFileSync(join(import.meta.dirname, '../../config/policy/schema.cedarschema'), 'utf8')
const dir = mkdtempSync(join(tmpdir(), 'weir-arguments-'))
writeFileSync(join(dir, 'schema.cedarschema'), shipped.replace('type Args = {};', 'type Args = { path?: String };'))
writeFileSync(
  join(dir, 'tools.cedar'),
  `@id("use") permit(principal, action == Weir::Action::"useServer", resource);
   @id("start") permit(principal, action == Weir::Action::"startRun", resource);
   @id("read.public") permit(principal, action == Weir::Action::"callTool", resource == Weir::Tool::"files/read")
     when { context has args.path && context.args.path like "/public/*" };
   @id("read.no-parents") forbid(principal, action == Weir::Action::"callTool", resource == Weir::Tool::"files/read")
     when { context has args.path && context.args.path like "*..*" };
   @id("erase.in-prod") permit(principal, action == Weir::Action::"callTool", resource == Weir::Tool::"files/erase")
     when { context has args.path && context.env == "prod" };
   @id("vault.oracle") permit(principal, action == Weir::Action::"callTool", resource == Weir::Tool::"files/vault")
     when { context has args.path && decimal("1.0").lessThan(decimal("2.0")) };`,
)
const fixture = await serveMcpFixture(filesServer)
const weir = await startWeir(configForTools(fixture.url, {}, { policy: { dir } }))

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

test.each(generations)('%s may call a tool with some arguments, and sees it', async (generation) => {
  await using client = await toolClient(weir, 'alice', generation)
  // What no arguments allow is hidden, and so is what no policy names.
  expect(await client.tools()).toEqual(['read', 'vault'])
  expect(await client.call('read', { path: '/public/a' })).toMatchObject({ isError: false })
  for (const [path, rule] of [
    ['/private/a', 'default'],
    ['/public/../private/a', 'read.no-parents'],
  ]) {
    const refused = await client.call('read', { path })
    expect(refused.isError).toBe(true)
    expect(refused.meta).toMatchObject({ 'dev.weir/problem': { code: 'policy_denied', rule } })
  }
  expect(await client.call('vault', { path: 'x' })).toMatchObject({ isError: false })
  expect((await client.call('vault')).isError).toBe(true)
})

test.each([
  ['twice', '{"path":"/public/a","path":"/private/a"}'],
  ['in two spellings', '{"path":"/public/a","Path":"/private/a"}'],
  ['as something else', '{"path":["/public/a"]}'],
  ['deep below', `{"path":"/public/a","x":${'['.repeat(40)}${']'.repeat(40)}}`],
])('arguments that say a path %s never reach the server', async (_how, args) => {
  const prefix = 'io.modelcontextprotocol/'
  const meta = `{"${prefix}protocolVersion":"2026-07-28","${prefix}clientCapabilities":{}}`
  const body = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read","arguments":${args},"_meta":${meta}}}`
  const seen = fixture.seen.length
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'read' }
  const answer = await messageOf(await rawPost(weir, 'alice', { body, headers }))
  expect(answer).toMatchObject({ result: { isError: true, _meta: { 'dev.weir/problem': { code: 'policy_denied' } } } })
  expect(fixture.seen.length).toBe(seen)
})

test('a tool that is never allowed answers like one that is not there', async () => {
  const call = (name: string) =>
    modernPost(weir, 'alice', { method: 'tools/call', params: { name, arguments: { path: 'x' } } })
  const [hidden, missing] = await Promise.all(
    [call('erase'), call('nothing')].map(async (each) => messageOf(await each)),
  )
  expect([hidden, missing]).toMatchObject([{ error: { code: -32602 } }, { error: { code: -32602 } }])
})
