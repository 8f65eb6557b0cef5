/** The commands that explain policies, try them and draw them. */
import type { Command } from 'commander'
import type { CliDeps } from './deps.ts'
import type { SimulateOptions, SuggestOptions } from './policy/again.ts'
import type { GraphOptions, PreviewOptions } from './policy/graph.ts'
import type { PolicyOptions } from './policy/judge.ts'
import type { RerunOptions } from './policy/rerun.ts'
import type { WhyOptions } from './policy/why.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

const sinceHelp = 'only calls since: 90m, 24h, 7d or 2026-11-28'

export function addWhy(program: Command, deps: CliDeps, settle: Settle): void {
  const command = program
    .command('why')
    .description(
      'decide one call again: which policies matched, which did not and why; exit code 3 if it comes out otherwise',
    )
    .argument('<hop>', 'id of the hop, as in weir-hop-id and in every refusal')
    .option('-c, --config <file>', 'configuration whose state directory is read', defaultConfig)
    .option('--json', 'one JSON object')
    .action(async (hop: string, options: WhyOptions) => {
      const { why } = await import('./policy/why.ts')
      await settle(why(deps, hop, options))
    })
  examples(command, ['weir why hop_7c1f0a9be0d24c55', 'weir why hop_7c1f0a9be0d24c55 --json'])
}

export function addReplay(program: Command, deps: CliDeps, settle: Settle): void {
  const command = program
    .command('replay')
    .description(
      'decide all calls of a run again, in order, with other policies and limits; exit code 3 if a refused one would go through',
    )
    .argument('<run>', 'id of the run')
    .option('-c, --config <file>', 'configuration whose state directory is read', defaultConfig)
    .option('--policy <dir>', 'folder of other policies')
    .option('--limits <file>', 'configuration whose limits are tried as well')
    .option(
      '--upstream <place>',
      'mock: send them again to a gateway of its own, where one mock answers for all targets',
    )
    .option('--timeout <seconds>', 'how long that may take', '120')
    .option('--json', 'one JSON object')
    .action(async (run: string, options: RerunOptions) => {
      if (options.upstream !== undefined) {
        const { rerun } = await import('./policy/rerun.ts')
        return await settle(rerun(deps, run, options))
      }
      const { replay } = await import('./policy/again.ts')
      await settle(replay(deps, run, options))
    })
  examples(command, [
    'weir replay run_0193… --policy new-policy',
    'weir replay run_0193… --limits stricter.yaml',
    'weir replay run_0193… --policy new-policy --upstream mock',
  ])
}

export function addPolicy(program: Command, deps: CliDeps, settle: Settle): void {
  const policy = program.command('policy').description('test policies, draw them, and try changes on what was seen')
  examples(policy, [
    'weir policy test',
    'weir policy simulate new-policy --since 7d',
    'weir policy preview --as writer',
    'weir policy suggest --since 14d > policy/seen.cedar',
  ])
  const verb = (usage: string, description: string): Command =>
    policy
      .command(usage)
      .description(description)
      .option('-c, --config <file>', 'configuration with the agents, tools and models', defaultConfig)
      .option('--json', 'one JSON object')
  addJudges(verb, deps, settle)
  addPictures(verb, deps, settle)
  addTrials(verb, deps, settle)
}

type Verb = (usage: string, description: string) => Command

function addJudges(verb: Verb, deps: CliDeps, settle: Settle): void {
  verb('test [dir]', 'run the *.test.yaml beside the policies; exit code 3 if one fails').action(
    async (dir: string | undefined, options: PolicyOptions) => {
      const { testPolicies } = await import('./policy/judge.ts')
      await settle(testPolicies(deps, dir, options))
    },
  )
  verb('lint [dir]', 'what is most likely a mistake; exit code 3 if something is').action(
    async (dir: string | undefined, options: PolicyOptions) => {
      const { lintPolicyFolder } = await import('./policy/judge.ts')
      await settle(lintPolicyFolder(deps, dir, options))
    },
  )
  verb('diff <old> <new>', 'exactly the edges that change between two folders; exit code 3 if one widens').action(
    async (before: string, after: string, options: PolicyOptions) => {
      const { diffPolicies } = await import('./policy/judge.ts')
      await settle(diffPolicies(deps, [before, after], options))
    },
  )
}

function addPictures(verb: Verb, deps: CliDeps, settle: Settle): void {
  verb('graph [dir]', 'who could ever call whom: cycles, reach, what nobody can call')
    .option('--format <format>', 'text, dot, mermaid or json', 'text')
    .option('--no-cycles', 'exit code 3 if agents can call each other in a circle')
    .action(async (dir: string | undefined, options: GraphOptions) => {
      const { graphPolicies } = await import('./policy/graph.ts')
      await settle(graphPolicies(deps, dir, options))
    })
  verb('preview [dir]', 'what one agent may call, with the policy that says so')
    .requiredOption('--as <agent>', 'who would call')
    .option('--for <user>', 'the person it would act for')
    .action(async (dir: string | undefined, options: PreviewOptions) => {
      const { previewPolicies } = await import('./policy/graph.ts')
      await settle(previewPolicies(deps, dir, options))
    })
}

function addTrials(verb: Verb, deps: CliDeps, settle: Settle): void {
  verb(
    'simulate <dir>',
    'decide recorded calls again with other policies; exit code 3 if a refused one would go through',
  )
    .option('--since <time>', sinceHelp)
    .option('--agent <agent>', 'only calls of one agent')
    .option('--target <target>', 'only calls of one target, as in records: tool:web/search')
    .option('--run <run>', 'only calls of one run')
    .option('--allow-widening', 'exit code 0 all the same')
    .action(async (dir: string, options: SimulateOptions) => {
      const { simulatePolicies } = await import('./policy/again.ts')
      await settle(simulatePolicies(deps, dir, options))
    })
  verb('suggest', 'the least that what was seen needs, as policies; with --run, what would cut its loop')
    .option('--since <time>', sinceHelp)
    .option('--run <run>', 'the run whose loop is to be cut')
    .action(async (options: SuggestOptions) => {
      const { suggestPolicies } = await import('./policy/again.ts')
      await settle(suggestPolicies(deps, options))
    })
}
