/** Whether arguments and results fit the schemas of a definition. */
import type { ListedTool } from './contract.ts'

export class Schemas {
  misfit(_tool: ListedTool, _member: 'inputSchema' | 'outputSchema', _value: Buffer | null): string | null {
    return null
  }

  unchecked(_tool: ListedTool): string | null {
    return null
  }
}
