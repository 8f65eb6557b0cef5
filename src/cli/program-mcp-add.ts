/** How `weir mcp add` is called. */
import type { Command } from 'commander'
import type { AddServerOptions } from './commands/mcp-add.ts'
import type { CliDeps } from './deps.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addMcpAdd(mcp: Command, deps: CliDeps, settle: Settle): void {
  const add = mcp
    .command('add')
    .description(
      'add a tool server to the configuration: an API by its description, an address that speaks MCP, or a program',
    )
    .argument('[command...]', 'behind --: a program that speaks MCP over a pipe, and its arguments')
    .option('--openapi <place>', 'file or URL of the description of an API, whose operations become tools')
    .option('--url <url>', 'where the server answers; of an API, if not where its description says')
    .option('--slug <slug>', 'what it is called here; made of its name if absent')
    .option('--allow-private', 'fetch a description from your own network too')
    .option('--dry-run', 'show what would be, and change nothing')
    .option('--yes', 'do not ask')
    .option('-c, --config <file>', 'configuration of the gateway', defaultConfig)
    .option('--json', 'one JSON object')
    .action(async (command: readonly string[], options: AddServerOptions) => {
      const { addToolServer } = await import('./commands/mcp-add.ts')
      await settle(addToolServer(deps, command, options))
    })
  examples(add, [
    'weir mcp add --openapi openapi/petstore.yaml --url https://petstore.example/v1',
    'weir mcp add --openapi https://api.example/openapi.json --dry-run',
    'weir mcp add --url https://files.example/mcp --slug files',
    'weir mcp add --slug notes -- notes-server --read-only',
  ])
}
