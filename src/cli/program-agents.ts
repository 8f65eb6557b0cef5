/** The commands for the registry of agents. */
import type { Command } from 'commander'
import type { AskOptions } from './admin-command.ts'
import type { AddOptions, ApproveOptions } from './commands/agent.ts'
import type { DoctorOptions } from './commands/doctor.ts'
import type { CliDeps } from './deps.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addAgents(program: Command, deps: CliDeps, settle: Settle): void {
  const agent = program.command('agent').description('the registered agents, their cards, and how one is added')
  examples(agent, [
    'weir agent add https://agent.example/.well-known/agent-card.json',
    'weir agent doctor research',
    'weir agent ls',
    'weir agent approve research --reason "read the new skill"',
  ])
  const verb = (usage: string, description: string): Command =>
    agent
      .command(usage)
      .description(description)
      .option('-c, --config <file>', 'configuration of the gateway', defaultConfig)
      .option('--json', 'one JSON object')
  verb('add <card-url>', 'look at the card of an agent and add the agent to the configuration')
    .option('--slug <slug>', 'what it is called here; made of its name if absent')
    .option('--url <url>', 'where it answers JSON-RPC, if not where its card says')
    .option('--keys <place>', 'file or URL of the keys that must have signed the card')
    .option('--allow-private', 'look in your own network too, and let the gateway look there')
    .option('--yes', 'do not ask')
    .action(async (cardUrl: string, options: AddOptions) => {
      const { addAgent } = await import('./commands/agent.ts')
      await settle(addAgent(deps, cardUrl, options))
    })
  verb('doctor <agent>', 'ask an agent what it can do, and say what Weir makes up for; exit code 3 if it is broken')
    .option('--message <text>', 'what is sent to it, a few times', 'hello')
    .option('--no-send', 'ask only what makes nobody work')
    .option('--timeout <seconds>', 'for each thing that makes it work; as in a call if absent')
    .action(async (slug: string, options: DoctorOptions) => {
      const { doctorAgent } = await import('./commands/doctor.ts')
      await settle(doctorAgent(deps, slug, options))
    })
  verb('ls', 'all agents (what `weir agent` does)').action(async (options: AskOptions) => {
    const { listAgents } = await import('./commands/agent.ts')
    await settle(listAgents(deps, options))
  })
  verb('show <agent>', 'one agent: where, since when, what its card says and what waits').action(
    async (slug: string, options: AskOptions) => {
      const { showAgent } = await import('./commands/agent.ts')
      await settle(showAgent(deps, slug, options))
    },
  )
  verb('approve <agent>', 'let an agent in quarantine go on with the card that waits')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--yes', 'do not ask')
    .action(async (slug: string, options: ApproveOptions) => {
      const { approveAgent } = await import('./commands/agent.ts')
      await settle(approveAgent(deps, slug, options))
    })
}
