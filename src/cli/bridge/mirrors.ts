/**
 * Arguments that a server of 2026-07-28 wants to see in headers as well (`x-mcp-header`). A client on a pipe has no headers, so
 * what the lists of tools that passed here say of them is remembered for it.
 */
import { isJsonObject } from '../../base/json.ts'
import { encodeMirrored, isHeaderName, mirroredText } from '../../protocol/mcp/mirror.ts'

interface Mirror {
  readonly header: string
  readonly path: readonly string[]
}

/** The tools of a client that reads all of them; the oldest leave first. */
const tools_max = 4096
const depth_max = 16
const header_chars = 128

export class Mirrors {
  readonly #byTool = new Map<string, readonly Mirror[]>()

  /** The answer to `tools/list`. */
  learn(answer: Buffer): void {
    const { result } = read(answer)
    const tools = isJsonObject(result) && Array.isArray(result['tools']) ? result['tools'] : []
    for (const tool of tools as readonly unknown[]) {
      if (!isJsonObject(tool) || typeof tool['name'] !== 'string') continue
      const mirrors = mirrorsIn(tool['inputSchema'], [])
      this.#byTool.delete(tool['name'])
      if (mirrors.length > 0) this.#byTool.set(tool['name'], mirrors)
    }
    while (this.#byTool.size > tools_max) this.#byTool.delete(this.#byTool.keys().next().value ?? '')
  }

  /** `args` is JSON text. */
  headersFor(tool: string | null, args: string | null): Readonly<Record<string, string>> {
    const mirrors = this.#byTool.get(tool ?? '')
    if (!mirrors || args === null) return {}
    const values = JSON.parse(args) as unknown
    return Object.fromEntries(
      mirrors.flatMap(({ header, path }) => {
        const text = mirroredText(
          path.reduce<unknown>((value, name) => (isJsonObject(value) ? value[name] : undefined), values),
        )
        return text === null ? [] : [[`mcp-param-${header.toLowerCase()}`, encodeMirrored(text)]]
      }),
    )
  }
}

function read(json: Buffer): { readonly result?: unknown } {
  const message = JSON.parse(json.toString('utf8')) as unknown
  return isJsonObject(message) ? message : {}
}

/** Only what is reached by properties alone has one place in the arguments. */
function mirrorsIn(schema: unknown, path: readonly string[]): readonly Mirror[] {
  const properties = isJsonObject(schema) ? schema['properties'] : null
  if (!isJsonObject(properties) || path.length >= depth_max) return []
  return Object.entries(properties).flatMap(([name, member]) => {
    const header = isJsonObject(member) ? member['x-mcp-header'] : null
    const here =
      typeof header === 'string' && header.length <= header_chars && isHeaderName(header)
        ? [{ header, path: [...path, name] }]
        : []
    return [...here, ...mirrorsIn(member, [...path, name])]
  })
}
