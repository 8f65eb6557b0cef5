/** The commands for what tool servers offer. */
import type { Command } from 'commander'
import type { AskOptions } from './admin-command.ts'
import type { ToolDecisionOptions, ToolsOptions } from './commands/tool.ts'
import type { CliDeps } from './deps.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addTools(program: Command, deps: CliDeps, settle: Settle): void {
  const tools = program
    .command('tools')
    .description('what tool servers offer, what changed about it, and what may be called')
  examples(tools, [
    'weir tools ls',
    'weir tools diff files/read_file',
    'weir tools approve files/read_file --reason "read the new text"',
    'weir tools lock --reason "reviewed"',
  ])
  const verb = (usage: string, description: string): Command =>
    tools
      .command(usage)
      .description(description)
      .option('-c, --config <file>', 'configuration of the gateway to ask', defaultConfig)
      .option('--json', 'one JSON object')
  const ordering = (usage: string, description: string): Command =>
    verb(usage, description).requiredOption('--reason <text>', 'why, for the record').option('--yes', 'do not ask')
  verb('ls', 'all tools and how they stand (what `weir tools` does)')
    .option('--server <slug>', 'of one server only')
    .action(async (options: ToolsOptions) => {
      const { listTools } = await import('./commands/tool.ts')
      await settle(listTools(deps, options))
    })
  verb('diff [tool]', 'a tool against what is approved of it, or all that wait; exit code 3 if one does').action(
    async (tool: string | undefined, options: AskOptions) => {
      const { diffTools } = await import('./commands/tool.ts')
      await settle(diffTools(deps, tool, options))
    },
  )
  for (const decision of ['approve', 'reject'] as const)
    ordering(`${decision} <tool>`, deciding[decision]).action(async (tool: string, options: ToolDecisionOptions) => {
      const { decideTool } = await import('./commands/tool.ts')
      await settle(decideTool(deps, decision, tool, options))
    })
  ordering('lock', 'write what is approved now into the lock file').action(async (options: ToolDecisionOptions) => {
    const { lockTools } = await import('./commands/tool.ts')
    await settle(lockTools(deps, options))
  })
}

const deciding = {
  approve: 'let the definition that is shown be seen and called',
  reject: 'quarantine the definition that is shown',
} as const
