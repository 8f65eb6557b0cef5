/** What stands behind an address of Weir's own: a server of tools and nothing else, which is always there. */
import { assert } from '../../../base/assert.ts'
import type { JsonObject } from '../../../base/json.ts'
import { valueAtPath } from '../../../base/json-edit.ts'
import { codes, firstModern } from '../../../protocol/mcp/words.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { About, Asking, End, Hearer, Listening, Talk, Warrant } from '../../../relay/mcp/link.ts'
import { textIn } from '../behind/requests.ts'
import { ownTalk } from '../behind/talk.ts'
import type { Behind, Client, Meant } from '../behind.ts'

/** The tools of one address, for one caller. */
export interface OwnTools {
  /** For models: what the tools are for. */
  readonly instructions: string
  /** In the order of their names. */
  list(): readonly object[] | Promise<readonly object[]>
  /** Null for a tool that this caller has not. */
  find(name: string, params: Json | null): Meant | null | Promise<Meant | null>
  /** A call of a tool that was found to be Weir's own. */
  answer(name: string, params: Json | null): JsonObject | Promise<JsonObject>
}

export class OwnBehind implements Behind {
  readonly #client: Client
  readonly #tools: OwnTools
  readonly #serverInfo: Json

  /** `serverInfo` is a JSON object. */
  constructor(client: Client, serverInfo: Json, tools: OwnTools) {
    this.#client = client
    this.#serverInfo = serverInfo
    this.#tools = tools
  }

  async about(): Promise<About> {
    const { era } = this.#client
    return {
      era,
      version: era === 'modern' ? firstModern : '2025-11-25',
      capabilities: Buffer.from('{"tools":{"listChanged":true}}'),
      serverInfo: this.#serverInfo,
      instructions: this.#tools.instructions,
    }
  }

  async find(method: string, params: Json | null): Promise<Meant> {
    if (method === 'tools/list') return { kind: 'own' }
    if (method !== 'tools/call') return nothing(codes.method, 'Method not found')
    const name = textIn(params, ['name'])
    const found = name === null ? null : await this.#tools.find(name, params)
    return found ?? nothing(codes.params, 'Unknown tool')
  }

  ask(_: Warrant, meant: Meant, { method, params }: Asking, hearer: Hearer): Talk {
    assert(meant.kind === 'own', 'there is nothing else here')
    return ownTalk(method === 'tools/list' ? this.#list(params) : this.#call(params), hearer)
  }

  tell(): void {}

  /** What changes here changes with the settings, of which whoever listens is told anyway. */
  listen(): Listening {
    return { use: () => undefined, close: () => undefined }
  }

  async #call(params: Json | null): Promise<End> {
    return resultOf(await this.#tools.answer(textIn(params, ['name']) ?? '', params))
  }

  /** A cursor is the last name of the page before, so it says nothing that its holder does not know. */
  async #list(params: Json | null): Promise<End> {
    const raw = params === null ? null : valueAtPath(params, ['cursor'])
    const after = raw === null || raw.toString() === 'null' ? '' : textIn(params, ['cursor'])
    if (after === null) return { kind: 'error', error: badCursor }
    const all = await this.#tools.list()
    const left = all.filter((tool) => nameOf(tool) > after)
    const { mcp_list_bytes } = this.#client.reader.snapshot.settings.maximums
    const shown: object[] = []
    let bytes = 0
    for (const tool of left) {
      bytes += JSON.stringify(tool).length
      // One tool at least, however long it is.
      if (bytes > mcp_list_bytes && shown.length > 0) break
      shown.push(tool)
    }
    const last = shown.length < left.length ? shown.at(-1) : undefined
    return resultOf({ ...(last && { nextCursor: nameOf(last) }), tools: shown })
  }
}

const badCursor = Buffer.from(JSON.stringify({ code: codes.params, message: 'The cursor is of no list' }))

function nameOf(tool: object): string {
  return 'name' in tool && typeof tool.name === 'string' ? tool.name : ''
}

function nothing(code: number, message: string): Meant {
  return { kind: 'nothing', error: { code, message } }
}

function resultOf(said: object): End {
  return { kind: 'result', result: Buffer.from(JSON.stringify(said)) }
}
