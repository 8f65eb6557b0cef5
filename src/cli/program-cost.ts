/** The command that says what work cost. */
import type { Command } from 'commander'
import type { CostOptions } from './commands/cost.ts'
import type { CliDeps } from './deps.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addCost(program: Command, deps: CliDeps, settle: Settle): void {
  const command = program
    .command('cost')
    .description('what work cost, by agent, team, person, model, tool or run')
    .argument('<by...>', 'by agent, by team, by person, by model, by tool or by run; the word by may be left out')
    .option('-c, --config <file>', 'configuration whose state directory is read', defaultConfig)
    .option('--since <time>', 'only calls since: 90m, 24h, 7d or 2026-11-28')
    .option('--run <run>', 'only calls of one run')
    .option('--json', 'one JSON object')
    .action(async (words: string[], options: CostOptions) => {
      const { showCost } = await import('./commands/cost.ts')
      const [first, ...more] = words
      const by = first === 'by' ? more : words
      await settle(showCost(deps, by.join(' '), options))
    })
  examples(command, ['weir cost by agent --since 24h', 'weir cost by model --run run_0193… --json'])
}
