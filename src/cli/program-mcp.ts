/** How `weir mcp` is called. */
import type { Command } from 'commander'
import type { McpStdioOptions } from './commands/mcp-stdio.ts'
import type { CliDeps } from './deps.ts'
import { addMcpAdd } from './program-mcp-add.ts'
import { examples, type Settle } from './program-parts.ts'

export function addMcp(program: Command, deps: CliDeps, settle: Settle): void {
  const mcp = program.command('mcp').description('tools over MCP')
  examples(mcp, [
    'weir mcp add --openapi https://api.example/openapi.json',
    'weir mcp stdio --server files --token-file token.txt',
  ])
  addMcpAdd(mcp, deps, settle)
  const stdio = mcp
    .command('stdio')
    .description('let a client that speaks MCP over a pipe only use the tools of a gateway')
    .option('--url <url>', 'an address that speaks MCP, in place of --gateway')
    .option('--gateway <url>', 'gateway.public_url of the gateway', 'http://127.0.0.1:8080')
    .option('--server <server>', 'one server, as it is, in place of all tools')
    .option('--set <set>', 'one set of tools')
    .option('--token-file <file>', 'what to show: one line, read again for each message')
    .option('--token-env <name>', 'the variable that holds what to show; without both, WEIR_TOKEN if it is set')
    .option('--drain <seconds>', 'what open requests get to finish after the end of stdin', '1')
    .action(async (options: McpStdioOptions) => {
      const { mcpStdio } = await import('./commands/mcp-stdio.ts')
      await settle(mcpStdio(deps, options))
    })
  examples(stdio, [
    'weir mcp stdio --token-env WEIR_KEY',
    'weir mcp stdio --server files --token-file token.txt',
    'weir mcp stdio --gateway https://weir.example --set office --token-file token.txt',
  ])
}
