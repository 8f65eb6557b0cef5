/** Everything the command line needs, faked, and what it wrote. */
import { ManualClock } from '../../../src/base/clock.ts'
import { countingDice } from '../../../src/base/dice.ts'
import type { CliDeps } from '../../../src/cli/deps.ts'
import { problem } from '../../../src/cli/exit-codes.ts'
import { runCli } from '../../../src/cli/program.ts'
import { now } from './sample-run.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line with the given fakes on top of ones that know nothing. */
export async function run(args: readonly string[], fakes: Partial<CliDeps> = {}, input = ''): Promise<Ran> {
  const written = { stdout: '', stderr: '' }
  const code = await runCli(args, {
    serve: () => Promise.resolve(0),
    check: () => Promise.resolve({ ok: true, text: 'weir.yaml is fine', problems: [] }),
    admin: () => Promise.resolve(problem('unreachable', 'no gateway here')),
    token: {
      mint: () => Promise.resolve(problem('failed', 'no keys here')),
      inspect: () => Promise.resolve(problem('failed', 'no keys here')),
    },
    audit: {
      verify: () => Promise.resolve(problem('not_found', 'no ledger here')),
      show: () => Promise.resolve(problem('not_found', 'no ledger here')),
      find: () => Promise.resolve(problem('not_found', 'no ledger here')),
      exportTo: () => Promise.resolve(problem('not_found', 'no ledger here')),
      checkpoint: () => Promise.resolve(problem('not_found', 'no ledger here')),
      holds: () => Promise.resolve(problem('not_found', 'no ledger here')),
      placeHold: () => Promise.resolve(problem('not_found', 'no ledger here')),
      releaseHold: () => Promise.resolve(problem('not_found', 'no ledger here')),
    },
    evidence: {
      hop: () => Promise.resolve(problem('not_found', 'no such hop')),
      run: () => Promise.resolve(problem('not_found', 'no such run')),
      write: () => Promise.resolve(problem('failed', 'no room')),
      cost: () => Promise.resolve(problem('no', 'no file here')),
    },
    stories: {
      list: () => Promise.resolve({ rows: [], next: null }),
      story: () => Promise.resolve(problem('not_found', 'no such run')),
      explanation: () => Promise.resolve(problem('not_found', 'no such run')),
      tree: () => Promise.resolve(problem('not_found', 'no such run')),
      records: () => Promise.resolve(problem('not_found', 'no such run')),
      write: () => Promise.resolve(problem('failed', 'no room')),
    },
    card: { verify: () => Promise.resolve(problem('not_found', 'no card here')) },
    registry: {
      preview: () => Promise.resolve(problem('no', 'no card here')),
      plan: () => Promise.resolve(problem('no', 'no file here')),
      write: () => Promise.resolve(problem('failed', 'no room')),
      examine: () => Promise.resolve(problem('not_found', 'no agent here')),
    },
    toolServers: {
      preview: () => Promise.resolve(problem('no', 'no description here')),
      plan: () => Promise.resolve(problem('no', 'no file here')),
      write: () => Promise.resolve(problem('failed', 'no room')),
    },
    connect: {
      world: () => Promise.resolve({ url: 'http://127.0.0.1:8080', home: '/home/ana' }),
      read: () => Promise.resolve(''),
      write: () => Promise.resolve(problem('failed', 'no room')),
      firstCall: () => Promise.resolve(null),
    },
    people: {
      list: () => Promise.resolve(problem('not_found', 'no gateway here')),
      order: () => Promise.resolve(problem('not_found', 'no gateway here')),
    },
    login: {
      begin: () => Promise.resolve(problem('unreachable', 'no issuer here')),
      exchange: () => Promise.resolve(problem('denied', 'no gateway here')),
    },
    policy: {
      why: () => Promise.resolve(problem('not_found', 'no such hop')),
      test: () => Promise.resolve(problem('no', 'no file here')),
      lint: () => Promise.resolve(problem('no', 'no file here')),
      graph: () => Promise.resolve(problem('no', 'no file here')),
      diff: () => Promise.resolve(problem('no', 'no file here')),
      preview: () => Promise.resolve(problem('no', 'no file here')),
      simulate: () => Promise.resolve(problem('no', 'no file here')),
      suggest: () => Promise.resolve(problem('no', 'no file here')),
      replay: () => Promise.resolve(problem('not_found', 'no such run')),
      rerun: () => Promise.resolve(problem('not_found', 'no such run')),
    },
    docs: () => Promise.resolve(['docs/reference/denials.md']),
    version: '1.2.3',
    clock: new ManualClock(now),
    dice: countingDice(),
    stdin: lines(input),
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    isTTY: false,
    env: {},
    ...fakes,
  })
  return { code, ...written }
}

async function* lines(input: string): AsyncGenerator<string> {
  yield await Promise.resolve(input)
}
