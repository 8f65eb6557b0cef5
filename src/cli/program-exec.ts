/** How `weir exec` is called. */
import type { Command } from 'commander'
import type { ExecOptions } from './commands/exec.ts'
import type { CliDeps } from './deps.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addExec(program: Command, deps: CliDeps, settle: Settle): void {
  const command = program
    .command('exec')
    .description('run a command as an agent, in one run, with everything it calls behind the gateway')
    .argument('<command...>', 'behind --')
    .requiredOption('--agent <agent>', 'whose calls they are; it needs may_start_runs')
    .option('--for <person>', 'on whose behalf')
    .option('--reason <text>', 'why, for the record', 'weir exec')
    .option('--gateway <url>', 'where the gateway is, in place of gateway.public_url')
    .option('-c, --config <file>', 'configuration of the gateway', defaultConfig)
    .option('--json', 'the run at its end as one JSON object, on stderr')
    .action(async (words: string[], options: ExecOptions) => {
      const { execute } = await import('./commands/exec.ts')
      await settle(execute(deps, words, options))
    })
  examples(command, [
    'weir exec --agent coder --for ana -- python agent.py',
    'weir exec --agent coder -- claude -p "tidy up"',
  ])
}
