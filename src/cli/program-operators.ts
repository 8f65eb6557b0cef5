/** The commands of an operator's daily work beside runs: approvals, revocations and keys. */
import type { Command } from 'commander'
import type { FilteredOptions } from './admin-command.ts'
import type { DecideOptions } from './commands/approvals.ts'
import type { KeysOptions, RotateOptions } from './commands/keys.ts'
import type { OrderOptions } from './commands/revocations.ts'
import type { CliDeps } from './deps.ts'
import { filterOption } from './filter-text.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addApprovals(program: Command, deps: CliDeps, settle: Settle): void {
  const approvals = program.command('approvals').description('calls that wait for a person, and what became of them')
  examples(approvals, ['weir approvals ls', 'weir approvals grant apr_5f0c… --reason "checked with finance"'])
  const verb = (usage: string, description: string): Command =>
    approvals
      .command(usage)
      .description(description)
      .option('-c, --config <file>', 'configuration of the gateway to ask', defaultConfig)
      .option('--json', 'one JSON object')
  verb('ls', 'all of runs that go on, newest first (what `weir approvals` does)')
    .option(...filterOption)
    .action(async (options: FilteredOptions) => {
      const { listApprovals } = await import('./commands/approvals.ts')
      await settle(listApprovals(deps, options))
    })
  for (const decision of ['grant', 'refuse'] as const) {
    verb(`${decision} <approval>`, approving[decision])
      .requiredOption('--reason <text>', 'why, for the record')
      .option('--yes', 'do not ask')
      .action(async (id: string, options: DecideOptions) => {
        const { decideApproval } = await import('./commands/approvals.ts')
        await settle(decideApproval(deps, decision, id, options))
      })
  }
}

const approving = {
  grant: 'let exactly this call through, once',
  refuse: 'refuse it for as long as its run goes on',
} as const

export function addRevocations(program: Command, deps: CliDeps, settle: Settle): void {
  const asking = (usage: string, description: string): Command =>
    program
      .command(usage)
      .description(description)
      .option('-c, --config <file>', 'configuration of the gateway to ask', defaultConfig)
      .option('--json', 'one JSON object')
  const ordering = (usage: string, description: string): Command =>
    asking(usage, description).requiredOption('--reason <text>', 'why, for the record').option('--yes', 'do not ask')
  for (const verb of ['contain', 'release'] as const) {
    const command = ordering(`${verb} <agent>`, containing[verb])
    command.action(async (agent: string, options: OrderOptions) => {
      const { order } = await import('./commands/revocations.ts')
      await settle(order(deps, verb, ['agent', agent], options))
    })
    examples(command, [`weir ${verb} research --reason "answers oddly"`])
  }
  for (const verb of ['revoke', 'restore'] as const) {
    const command = ordering(`${verb} <what> [name]`, revoking[verb])
      .option('--issuer <iss>', 'who wrote the token, if not Weir')
      .action(async (what: string, name: string | undefined, options: OrderOptions) => {
        const { order } = await import('./commands/revocations.ts')
        await settle(order(deps, verb, name === undefined ? [what] : [what, name], options))
      })
    examples(command, [`weir ${verb} person tomas --reason "left"`, `weir ${verb} everything --reason "drill"`])
  }
  const list = asking('revocations', 'what counts no more, since when, and by whose word').option(...filterOption)
  list.action(async (options: FilteredOptions) => {
    const { listRevocations } = await import('./commands/revocations.ts')
    await settle(listRevocations(deps, options))
  })
  examples(list, ['weir revocations', 'weir revocations --json'])
}

const containing = {
  contain: 'stop an agent: nothing from it, to it or through it is admitted, and what is open ends',
  release: 'let a contained agent go on',
} as const

const revoking = {
  revoke: 'end what was issued so far to an agent or a person, or with a key, or a token, or everything',
  restore: 'take a revocation back',
} as const

export function addKeys(program: Command, deps: CliDeps, settle: Settle): void {
  const keys = program.command('keys').description('the keys Weir signs with, and how to turn them')
  examples(keys, ['weir keys ls', 'weir keys rotate --use token --now', 'weir keys rotate --use token --revoke --yes'])
  const verb = (name: string, description: string): Command =>
    keys
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'configuration of the gateway to ask', defaultConfig)
      .option('--json', 'one JSON object')
  verb('ls', 'all keys, newest first (what `weir keys` does)').action(async (options: KeysOptions) => {
    const { listKeys } = await import('./commands/keys.ts')
    await settle(listKeys(deps, options))
  })
  verb('rotate', 'let the next key sign as soon as it was published long enough')
    .option('--use <use>', 'token, record or card', 'token')
    .option('--now', 'it signs at once')
    .option('--revoke', 'at once, and nothing the old key signed is accepted any more')
    .option('--yes', 'do not ask')
    .action(async (options: RotateOptions) => {
      const { rotateKey } = await import('./commands/keys.ts')
      await settle(rotateKey(deps, options))
    })
}
