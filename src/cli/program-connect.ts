/** How `weir connect` is called. */
import type { Command } from 'commander'
import type { ConnectOptions } from './commands/connect.ts'
import type { CliDeps } from './deps.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addConnect(program: Command, deps: CliDeps, settle: Settle): void {
  const command = program
    .command('connect')
    .description('point a client at the gateway, and see what its first call is taken for; without one, list them')
    .argument('[client]', 'openai-sdk, claude-code, codex, cursor, vscode, langchain, ...')
    .option('-c, --config <file>', 'configuration of the gateway', defaultConfig)
    .option('--agent <agent>', 'whose first call is waited for')
    .option('--dir <folder>', 'where files of a project are', '.')
    .option('--print', 'show what would be written, and write nothing')
    .option('--write', 'write without asking')
    .option('--wait <seconds>', 'how long to wait for the first call; on a terminal 120, else 0')
    .option('--json', 'one JSON object')
    .action(async (client: string | undefined, options: ConnectOptions) => {
      const { connectClient, listClients } = await import('./commands/connect.ts')
      await settle(client === undefined ? listClients(deps, options) : connectClient(deps, client, options))
    })
  examples(command, ['weir connect', 'weir connect claude-code --agent coder', 'weir connect codex --print'])
}
