/** How `weir mcp` is called. */
import type { Command } from 'commander'
import type { CliDeps } from './deps.ts'
import { addMcpAdd } from './program-mcp-add.ts'
import { examples, type Settle } from './program-parts.ts'

export function addMcp(program: Command, deps: CliDeps, settle: Settle): void {
  const mcp = program.command('mcp').description('tools over MCP')
  examples(mcp, ['weir mcp add --openapi https://api.example/openapi.json'])
  addMcpAdd(mcp, deps, settle)
}
