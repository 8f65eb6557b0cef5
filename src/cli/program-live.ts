/** The commands with which somebody watches: calls as they end, and who spends the most. */
import type { Command } from 'commander'
import type { TailOptions } from './commands/tail.ts'
import type { TopOptions } from './commands/top.ts'
import type { CliDeps } from './deps.ts'
import { filterOption } from './filter-text.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addLive(program: Command, deps: CliDeps, settle: Settle): void {
  const tailing = program
    .command('tail')
    .description('calls as they end, until ctrl-c')
    .argument('[filter...]', 'only what passes it: decision:deny agent:research')
    .option(...filterOption)
    .option('--since <time>', 'what was since then first: 5m, 2h, 2026-11-28')
    .option('--rate <lines>', 'lines a second; more are counted', '100')
    .option('-c, --config <file>', 'configuration of the gateway to ask', defaultConfig)
    .option('--json', 'one JSON object a line')
    .action(async (words: string[], options: TailOptions) => {
      const { tail } = await import('./commands/tail.ts')
      await settle(tail(deps, words, options))
    })
  examples(tailing, ['weir tail', 'weir tail decision:deny --since 5m', 'weir tail --filter "cost>0.10" --json'])
  const topping = program
    .command('top')
    .description('agents by what they spend a minute; on a terminal until q')
    .option('--once', 'one look')
    .option('--interval <seconds>', 'between two looks', '2')
    .option('--window <seconds>', 'how far it looks back', '60')
    .option('--limit <agents>', 'how many are shown', '20')
    .option('-c, --config <file>', 'configuration of the gateway to ask', defaultConfig)
    .option('--json', 'one JSON object')
    .action(async (options: TopOptions) => {
      const { top } = await import('./commands/top.ts')
      await settle(top(deps, options))
    })
  examples(topping, ['weir top', 'weir top --once --window 600', 'weir top --json'])
}
