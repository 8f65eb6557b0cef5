/** What is true of one tool: its row where it has one, else what its server says. */
import type { ToolServerSettings } from './settings-tools.ts'

export interface ToolRow extends Pick<ToolServerSettings, 'effect' | 'external' | 'price'> {
  /** Calls of it that may be open at once; null for no limit. */
  readonly concurrency_max: number | null
  /** The scope that lets it be called; null for the general ones. */
  readonly scope: string | null
  /** Longest result; null where only `maximums.answer_bytes` counts. */
  readonly output_bytes_max: number | null
}

/** `tool` is its name at the server. */
export function toolRowOf(server: ToolServerSettings, tool: string): ToolRow {
  const own = server.tools.get(tool)
  return {
    effect: own?.effect ?? server.effect,
    external: own?.external ?? server.external,
    price: own?.price ?? server.price,
    concurrency_max: own?.concurrency_max ?? null,
    scope: own?.scope ?? null,
    output_bytes_max: own?.output_bytes_max ?? server.output_bytes_max ?? null,
  }
}
