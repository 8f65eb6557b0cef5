/** The commands about runs: which there are, what happened in one, how it is stopped, and what is handed on of it. */
import type { Command } from 'commander'
import type { ChainOptions } from './commands/chain.ts'
import type { HaltOptions } from './commands/runs.ts'
import type { ExportOptions, ListOptions, PageOptions } from './commands/stories.ts'
import type { CliDeps } from './deps.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addRuns(program: Command, deps: CliDeps, settle: Settle): void {
  const runs = program.command('runs').description('what happened in a run, what it costs, and how to stop it')
  examples(runs, [
    'weir runs explain',
    "weir runs ls 'status:halted cost>1 since:2h'",
    'weir runs tree run_0193…',
    'weir runs halt run_0193… --reason "loop" --yes',
  ])
  const verb = (usage: string, description: string): Command =>
    runs
      .command(usage)
      .description(description)
      .option(
        '-c, --config <file>',
        'configuration of the gateway, or of the state directory that is read',
        defaultConfig,
      )
      .option('--json', 'one JSON object')
  verb('ls [filter...]', 'runs, newest first (what `weir runs` does), narrowed down by a filter')
    .option('--limit <rows>', 'rows, 1 to 1000', '50')
    .option('--cursor <cursor>', 'go on where the page before ended')
    .action(async (words: readonly string[], options: ListOptions) => {
      const { listRuns } = await import('./commands/stories.ts')
      await settle(listRuns(deps, words.join(' '), options))
    })
  addPages(verb, deps, settle)
  verb('export <run>', 'its records as JSON lines, or its graph')
    .option('--out <file>', 'a file to make; without it, stdout')
    .option('--format <format>', 'jsonl, dot, mermaid or csv', 'jsonl')
    .action(async (id: string, options: ExportOptions) => {
      const { exportRun } = await import('./commands/stories.ts')
      await settle(exportRun(deps, id, options))
    })
  verb('chain <run>', 'everything kept of it with its signed tokens, for an auditor; read from the state directory')
    .option('--out <place>', 'a file that ends in .json, or a folder to make')
    .action(async (id: string, options: ChainOptions) => {
      const { chainOfRun } = await import('./commands/chain.ts')
      await settle(chainOfRun(deps, id, options))
    })
  verb('halt <run>', 'stop it: open calls are aborted, nothing more is admitted')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--yes', 'do not ask')
    .action(async (id: string, options: HaltOptions) => {
      const { haltRun } = await import('./commands/runs.ts')
      await settle(haltRun(deps, id, options))
    })
}

/** A run is named by its id, by the beginning of it, or by its trace id; without a name it is the latest that was halted. */
function addPages(verb: (usage: string, description: string) => Command, deps: CliDeps, settle: Settle): void {
  verb('explain [run]', 'who started it, where it looped, what it cost, what allowed and what stopped it').action(
    async (id: string | undefined, options: PageOptions) => {
      const { explainRun } = await import('./commands/stories.ts')
      await settle(explainRun(deps, id, options))
    },
  )
  verb('show [run]', 'one run: its edges and its last calls')
    .option('--limit <calls>', 'the last calls that are listed, 0 for all', '20')
    .action(async (id: string | undefined, options: PageOptions) => {
      const { showRun } = await import('./commands/stories.ts')
      await settle(showRun(deps, id, options))
    })
  verb('tree [run]', 'its calls as a tree, with repeated laps folded')
    .option('--limit <lines>', 'lines, 0 for all; 200 on a terminal, else all')
    .action(async (id: string | undefined, options: PageOptions) => {
      const { treeRun } = await import('./commands/stories.ts')
      await settle(treeRun(deps, id, options))
    })
  verb('diff <run> <other>', 'what one run did that another did not; exit code 3 if they differ').action(
    async (id: string, other: string, options: PageOptions) => {
      const { diffTwo } = await import('./commands/stories.ts')
      await settle(diffTwo(deps, [id, other], options))
    },
  )
}
