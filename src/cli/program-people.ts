/** The commands about persons: who is kept, what holds them, and how they are forgotten. */
import type { Command } from 'commander'
import type { AskOptions } from './admin-command.ts'
import type { PersonOptions } from './commands/person.ts'
import type { CliDeps } from './deps.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addPeople(program: Command, deps: CliDeps, settle: Settle): void {
  const person = program.command('person').description('persons in the records: who is kept, and how they are erased')
  examples(person, [
    'weir person ls',
    'weir person erase tomas --reason "asked for it, ticket 4711"',
    'weir person hold run_0193… --days 90 --reason "claim of a customer"',
  ])
  const verb = (usage: string, description: string): Command =>
    person
      .command(usage)
      .description(description)
      .option('-c, --config <file>', 'configuration whose gateway or state directory is asked', defaultConfig)
      .option('--json', 'one JSON object')
  verb('ls', 'all that are kept, newest first (what `weir person` does)').action(async (options: AskOptions) => {
    const { listPeople } = await import('./commands/person.ts')
    await settle(listPeople(deps, options))
  })
  for (const does of ['erase', 'hold', 'release'] as const) {
    const command = verb(`${does} <${does === 'erase' ? 'person' : 'person-or-run'}>`, meaning[does])
      .requiredOption('--reason <text>', 'why, for the record; the name is taken out of it')
      .option('--yes', 'do not ask')
    if (does === 'hold') command.option('--days <days>', 'the hold ends by itself after so many days')
    command.action(async (whom: string, options: PersonOptions) => {
      const { orderPerson } = await import('./commands/person.ts')
      await settle(orderPerson(deps, does, whom, options))
    })
  }
}

const meaning = {
  erase: 'delete the key of a person: the records stay and prove the same, whom they were about is gone',
  hold: 'let nobody erase a person, or the person a run was for, until it is released or ends',
  release: 'take a hold back',
} as const
