/** Arguments that were captured in full decide again; whatever else became of them is said, and shown to nobody unasked. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ShownRecord } from '../../src/cli/audit/deps.ts'
import { isProblem } from '../../src/cli/exit-codes.ts'
import type { CallRecord } from '../../src/domain/record.ts'
import { replay, simulate, why } from '../../src/tools-whatif.ts'
import { runWeir } from '../support/evidence.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, filesServer, messageOf, modernPost } from '../support/mcp-weir.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const shipped = readFileSync(join(import.meta.dirname, '../../config/policy/schema.cedarschema'), 'utf8')

function policies(glob: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-captured-'))
  writeFileSync(join(dir, 'schema.cedarschema'), shipped.replace('type Args = {};', 'type Args = { path?: String };'))
  writeFileSync(
    join(dir, 'tools.cedar'),
    `@id("use") permit(principal, action == Weir::Action::"useServer", resource);
     @id("start") permit(principal, action == Weir::Action::"startRun", resource);
     @id("public") permit(principal, action == Weir::Action::"callTool", resource)
       when { context has args.path && context.args.path like "${glob}" };`,
  )
  return dir
}

const dir = policies('/public/*')
const strange = '/public/\u001b[31m\u202ered'
let fixture: Awaited<ReturnType<typeof serveMcpFixture>>
let weir: Weir
let records: readonly CallRecord[]
const config = (): string => join(weir.directory, 'weir.yaml')

beforeAll(async () => {
  fixture = await serveMcpFixture(filesServer)
  weir = await startWeir(
    configForTools(
      fixture.url,
      {},
      {
        policy: { dir },
        identity: { api_keys: [apiKey('alice', 'tomas'), apiKey('bob', 'ana.lindqvist')] },
        ledger: {
          capture: {
            level: 'full',
            rules: [
              { target: 'tool:files/vault', level: 'redacted' },
              { target: 'tool:files/erase', level: 'hash' },
            ],
          },
        },
      },
    ),
  )
  const call = async (agent: string, name: string, path: string): Promise<void> => {
    await messageOf(await modernPost(weir, agent, { method: 'tools/call', params: { name, arguments: { path } } }))
  }
  await call('alice', 'read', strange)
  await call('alice', 'vault', '/public/b')
  await call('alice', 'erase', '/public/c')
  await call('alice', 'read', '/private/d')
  await call('bob', 'read', '/public/e')
  records = (await ledgerOf(weir)).filter((entry) => entry.kind === 'call')
}, 120_000)

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

const rid = (at: number): string => records[at]?.rid ?? ''

async function shown(at: number, ...flags: readonly string[]): Promise<ShownRecord> {
  const { stdout } = await runWeir('audit', 'show', rid(at), '--json', '--config', config(), ...flags)
  return JSON.parse(stdout) as ShownRecord
}

async function whyOf(at: number) {
  const account = await why({ configPath: config(), hop: rid(at) })
  if (isProblem(account)) throw new Error(account.text)
  return account
}

test('what was captured in full decides again, and everything else says why it does not', async () => {
  // Payloads reach the disk a little after the records that speak of them.
  await expect
    .poll(async () => (await shown(4)).captured.map(({ state }) => state), { timeout: 20_000 })
    .toEqual(['kept', 'kept'])
  expect(records.map(({ target, decision }) => [target, decision])).toEqual([
    ['tool:files/read', 'allow'],
    ['tool:files/vault', 'allow'],
    ['tool:files/erase', 'allow'],
    ['tool:files/read', 'deny'],
    ['tool:files/read', 'allow'],
  ])
  const accounts = await Promise.all(records.map(async (_, at) => whyOf(at)))
  expect(accounts.map(({ verdict }) => verdict)).toEqual([
    'agree',
    'indeterminate',
    'indeterminate',
    'indeterminate',
    'agree',
  ])
  expect(accounts.map(({ says }) => says).slice(1, 4)).toEqual([
    expect.stringContaining('redacted') as string,
    expect.stringContaining('hash only') as string,
    expect.stringContaining('for it was refused') as string,
  ])
})

test('other policies are tried on the arguments of then, in a simulation and along a run', async () => {
  const asked = { configPath: config(), since: null, agent: null, target: null, run: null }
  const report = await simulate({ ...asked, dir: policies('/public/e*') }, () => undefined)
  expect(report).toMatchObject({
    same: 1,
    allow_to_deny: 1,
    indeterminate: 3,
    indeterminate_why: { redacted: 1, hash: 1, refused: 1 },
    flips: [{ agent: 'agent:alice', target: 'tool:files/read' }],
  })
  const run = records[0]?.run ?? ''
  const again = await replay({ configPath: config(), run, dir: policies('/secret/*'), limitsOf: null })
  expect(again).toMatchObject({ cut: { hop: rid(0) }, changed: [{ now: 'deny' }] })
})

test('a record says what was captured; what that is only where it is asked for, and harmless to a terminal', async () => {
  const quiet = await runWeir('audit', 'show', rid(0), '--config', config())
  expect(quiet.stdout).toContain('captured full')
  expect(quiet.stdout).not.toContain('/public/')
  const [request] = (await shown(0)).captured
  expect(request).toMatchObject({ part: 'request', level: 'full', state: 'kept', payload: null })
  expect(request?.hash).toBe(records[0]?.args_c?.c)
  const loud = await runWeir('audit', 'show', rid(0), '--payloads', '--config', config())
  expect(loud.stdout).toContain('/public/')
  for (const control of ['\u001b', '\u202e']) expect(loud.stdout).not.toContain(control)
  const asJson = await runWeir('audit', 'show', rid(0), '--payloads', '--json', '--config', config())
  for (const control of ['\u001b', '\u202e']) expect(asJson.stdout).not.toContain(control)
  const [sent] = (JSON.parse(asJson.stdout) as ShownRecord).captured
  expect(JSON.parse(sent?.payload ?? '')).toMatchObject({ params: { arguments: { path: strange } } })
  expect((await shown(2, '--payloads')).captured).toMatchObject([{ level: 'hash', state: 'hash', payload: null }, {}])
})

test('what is in the vault under another hash is not believed', async () => {
  const base = join(weir.directory, 'state', 'vault', 'payloads.db')
  const swap = new DatabaseSync(base)
  swap.exec(`PRAGMA busy_timeout = 5000; UPDATE payloads SET rid = 'hop_x' WHERE rid = '${rid(0)}' AND part = 'args'`)
  swap.exec(`UPDATE payloads SET rid = '${rid(0)}' WHERE rid = '${rid(4)}' AND part = 'args'`)
  swap.close()
  // That of bob opens, for his key is there; but the record of alice speaks of another.
  expect(await whyOf(0)).toMatchObject({
    verdict: 'indeterminate',
    says: expect.stringContaining('another hash') as string,
  })
  expect(await whyOf(4)).toMatchObject({
    verdict: 'indeterminate',
    says: expect.stringContaining('not in the vault') as string,
  })
  expect((await shown(0)).captured[0]?.state).toBe('altered')
  const back = new DatabaseSync(base)
  back.exec(
    `PRAGMA busy_timeout = 5000; UPDATE payloads SET rid = '${rid(4)}' WHERE rid = '${rid(0)}' AND part = 'args'`,
  )
  back.exec(`UPDATE payloads SET rid = '${rid(0)}' WHERE rid = 'hop_x'`)
  back.close()
})

test('with a person their arguments are erased, and that is said', async () => {
  const erase = ['person', 'erase', 'ana.lindqvist', '--reason', 'asked', '--yes', '--config', config()] as const
  expect((await runWeir(...erase)).code).toBe(0)
  await expect.poll(async () => (await whyOf(4)).says, { timeout: 20_000 }).toContain('erased with the person')
  expect((await shown(4, '--payloads')).captured).toMatchObject([
    { state: 'erased', payload: null },
    { state: 'erased', payload: null },
  ])
  expect(await whyOf(0)).toMatchObject({ verdict: 'agree' })
})
