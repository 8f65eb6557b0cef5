/** A person is erased from a gateway that runs and from one that does not: the records stay, and nothing says whom they were about. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { PeopleList } from '../../src/cli/people-deps.ts'
import { isPseudonym } from '../../src/domain/ids.ts'
import type { LedgerEntry } from '../../src/domain/record.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { payloadsOf } from '../../src/ledger/vault/payloads.ts'
import { say } from '../support/caller.ts'
import { runWeir } from '../support/evidence.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { namesIn } from '../support/names.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

/** A name that nothing else is called. */
const name = 'tomasina.orlov'
const person = `user:${name}`

async function start(directory?: string): Promise<Weir> {
  const agent = await startScriptedAgent(() => completedTask('done'))
  open.push(() => agent.stop())
  const app = { groups: ['entrypoints'], may_start_runs: true }
  const config = {
    ledger: { capture: { rules: [{ target: 'agent:*', level: 'full' }] } },
    identity: { api_keys: [apiKey('console', name), apiKey('desk', 'ana.lindqvist')] },
    agents: { console: app, desk: app, orchestrator: { url: agent.url, price: { call_micros: 10 } } },
  }
  const weir = await startWeir(config, directory)
  open.push(() => rmSync(weir.directory, { recursive: true, force: true }))
  return weir
}

/** Files of a folder in which these bytes stand, in whatever case. */
function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((path) => statSync(path).isFile() && readFileSync(path).toString('latin1').toLowerCase().includes(text))
}

async function entriesIn(state: string, withNames: boolean): Promise<readonly LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const item of readLedger(join(state, 'ledger'), 0, withNames ? namesIn(state) : null))
    if (item.kind === 'entry') entries.push(item.entry)
    else throw new Error(item.why)
  return entries
}

const humans = (entries: readonly LedgerEntry[]): readonly (string | null)[] =>
  entries.flatMap((entry) => (entry.kind === 'call' ? [entry.human] : []))

test('an erased person is found nowhere in the state directory, their records stay, and they come back as somebody else', async () => {
  const weir = await start()
  open.push(() => weir.kill('SIGTERM'))
  const state = join(weir.directory, 'state')
  const config = join(weir.directory, 'weir.yaml')
  await say(weir, { from: 'console', to: 'orchestrator' })
  await say(weir, { from: 'desk', to: 'orchestrator' })
  expect(humans(await ledgerOf(weir))).toEqual([person, 'user:ana.lindqvist'])
  expect(filesWith(join(state, 'ledger'), name)).toEqual([])
  const before = await entriesIn(state, false)
  const [call] = before.filter((entry) => entry.kind === 'call')
  expect(call).toMatchObject({ args_c: { alg: 'sha-256', level: 'full' }, res_c: { level: 'full' } })
  const payloads = (): readonly string[] => {
    const names = namesIn(state)
    const kept = names && call ? payloadsOf(join(state, 'vault'), names, call.rid) : []
    names?.close()
    return kept.map(({ part, bytes }) => `${part} ${Buffer.from(bytes ?? []).toString()}`)
  }
  await expect.poll(payloads, { timeout: 20_000 }).toHaveLength(2)
  expect(payloads()[0]).toContain('"method"')
  const exported = async (to: string): Promise<readonly string[]> => {
    const out = join(weir.directory, to)
    const { code } = await runWeir('audit', 'export', `person:${name}`, '--out', out, '--config', config)
    const statement = readFileSync(join(out, 'statement.dsse.json'), 'utf8')
    const { payload } = JSON.parse(statement) as { payload: string }
    writeFileSync(join(out, 'statement.txt'), Buffer.from(payload, 'base64'))
    return code === 0 ? filesWith(out, name) : [`exit ${code}`]
  }
  expect(await exported('bundle')).toEqual([])

  const weirDoes = (...words: readonly string[]): ReturnType<typeof runWeir> => runWeir(...words, '--config', config)
  // What operators say of others names them too, with their prefix or without, in any case.
  const said = `as ${name.toUpperCase()} and ${person}, or Orlov's (${name}@office) say`
  expect(await weirDoes('audit', 'hold', 'add', 'case-7', '--reason', said)).toMatchObject({ code: 0 })
  expect((await weirDoes('audit', 'hold', 'add', `of-${name}`, '--reason', 'x')).stderr).toContain('nobody is named')
  expect(await weirDoes('person', 'hold', 'ana.lindqvist', '--reason', said, '--yes')).toMatchObject({ code: 0 })
  expect(await weirDoes('revoke', 'person', name, '--reason', `${name} left`, '--yes')).toMatchObject({ code: 0 })
  expect(await weirDoes('contain', 'orchestrator', '--reason', said, '--yes')).toMatchObject({ code: 0 })
  const bare = (file: string): string => readFileSync(join(state, file), 'utf8').toLowerCase()
  expect(bare('ledger/holds.json')).not.toContain(name)
  expect(bare('revocations.json')).toContain(name)
  const held = await runWeir(
    'person',
    'hold',
    name,
    '--reason',
    `claim of ${name}`,
    '--yes',
    '--json',
    '--config',
    config,
  )
  expect(held.code).toBe(0)
  const { reason: heldReason } = JSON.parse(held.stdout) as { reason: string }
  const refused = await runWeir('person', 'erase', name, '--reason', 'asked', '--yes', '--config', config)
  expect(refused.code).toBe(3)
  expect(refused.stderr).toContain(heldReason)
  expect(humans(await ledgerOf(weir))).toEqual([person, 'user:ana.lindqvist'])
  await runWeir('person', 'release', name, '--reason', 'settled', '--yes', '--config', config)
  const erased = await runWeir(
    'person',
    'erase',
    name,
    '--reason',
    `${name} asked`,
    '--yes',
    '--json',
    '--config',
    config,
  )
  expect(erased.code).toBe(0)
  const { person: pseudonym } = JSON.parse(erased.stdout) as { person: string }
  expect(isPseudonym(pseudonym)).toBe(true)

  expect(humans(await ledgerOf(weir))).toEqual([pseudonym, 'user:ana.lindqvist'])
  const after = await entriesIn(state, false)
  expect(after.slice(0, before.length)).toEqual(before)
  expect(
    after.flatMap((entry) =>
      entry.kind === 'person' && entry.person === pseudonym ? [[entry.event, entry.person, entry.reason]] : [],
    ),
  ).toEqual([
    ['held', pseudonym, `claim of ${pseudonym}`],
    ['released', pseudonym, 'settled'],
    ['erased', pseudonym, `${pseudonym} asked`],
  ])
  expect(payloads()).toEqual([])
  expect(await exported('bundle-of-nobody')).toEqual([])
  await expect.poll(() => filesWith(state, name), { timeout: 20_000 }).toEqual([])

  // What was revoked is so under another name, until whoever knows the right one takes it back.
  await weirDoes('release', 'orchestrator', '--reason', 'over', '--yes')
  expect((await say(weir, { from: 'console', to: 'orchestrator' })).status).toBe(401)
  expect(await weirDoes('restore', 'person', name, '--reason', 'came back', '--yes')).toMatchObject({ code: 0 })
  await say(weir, { from: 'console', to: 'orchestrator' })
  expect(humans(await ledgerOf(weir)).at(-1)).toBe(person)
  const again = humans(await entriesIn(state, false)).at(-1) ?? ''
  expect(isPseudonym(again) && again !== pseudonym).toBe(true)
}, 180_000)

test('without a gateway the state directory itself is asked, and the next start goes on with it', async () => {
  const weir = await start()
  const state = join(weir.directory, 'state')
  const config = join(weir.directory, 'weir.yaml')
  await say(weir, { from: 'console', to: 'orchestrator' })
  const run = (await ledgerOf(weir)).find(({ kind }) => kind === 'call')
  await weir.kill('SIGKILL')

  const listed = await runWeir('person', 'ls', '--json', '--config', config)
  expect(listed.stderr).toBe('')
  const ls = JSON.parse(listed.stdout) as PeopleList
  expect(ls.people).toMatchObject([{ name: person, erased_at: null, holds: [] }])
  const runId = run?.kind === 'call' ? (run.run ?? '') : ''
  const hold = await runWeir('person', 'hold', runId, '--reason', 'claim', '--yes', '--config', config)
  expect(hold.stderr).toBe('')
  const erase = ['person', 'erase', name, '--reason', 'asked', '--yes', '--config', config] as const
  expect((await runWeir(...erase)).stderr).toContain(runId)
  const row = { what: 'person', name: person, epoch: 1, contained: false, reason: `${name} left`, actor: name }
  const rest = { source: 'operator', at: 1, until: null }
  writeFileSync(join(state, 'revocations.json'), JSON.stringify({ v: 1, revocations: [{ ...row, ...rest }] }))
  expect(
    await runWeir('audit', 'hold', 'add', 'case-8', '--reason', `asked by ${name}`, '--config', config),
  ).toMatchObject({ code: 0 })
  const tokens = join(state, 'tool-tokens.json')
  const rows = [person, 'user:ana.lindqvist'].map((user) => ({ kind: 'token', key: `${user}\nfiles`, sealed: 's' }))
  writeFileSync(tokens, JSON.stringify({ v: 1, rows }), { mode: 0o600 })
  await runWeir('person', 'release', runId, '--reason', 'over', '--yes', '--config', config)
  expect((await runWeir(...erase)).code).toBe(0)
  expect(filesWith(state, name)).toEqual([])
  expect(readFileSync(tokens, 'utf8')).toContain('user:ana.lindqvist')

  const next = await start(weir.directory)
  open.push(() => next.kill('SIGTERM'))
  await say(next, { from: 'console', to: 'orchestrator' })
  const all = humans(await ledgerOf(next))
  expect([all.length, isPseudonym(all[0] ?? ''), all[1]]).toEqual([2, true, person])
}, 180_000)
