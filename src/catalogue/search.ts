/**
 * Finds tools by what they are for. One index of all approved tools of all servers; who may see which of them is decided
 * afterwards, for each caller, so that the index says nothing to anybody.
 */
import MiniSearch from 'minisearch'
import { isJsonObject, readJsonObject } from '../base/json.ts'
import type { ListedTool, ServerListing } from './contract.ts'

/** The tools of a server, and what it says of itself. */
export interface Searched {
  readonly listing: ServerListing
  readonly description: string
}

export interface Found {
  readonly tool: ListedTool
  readonly title: string | null
  readonly description: string
  readonly score: number
}

interface Row {
  readonly id: string
  readonly name: string
  readonly title: string
  readonly description: string
  readonly parameters: string
  readonly server: string
}

/** What is indexed of one server. */
interface Held {
  readonly version: string
  readonly ids: readonly string[]
}

/** Texts are cut there: what a tool is for is said at the beginning. */
const chars_max = 4000
const queryWords_max = 32

/** Words of questions, which say nothing of what is asked for. */
const idle = new Set(
  (
    'a all an and any are by can could do does find for from get give has have help how i in is it list me my need of on or ' +
    'please search show some that the this to tool tools use want we what which who with you'
  ).split(' '),
)

/** Parts of names count as words: `getCustomerRisk`, `get_customer-risk`. */
const humps = /(?<=[\p{Ll}\d])(?=\p{Lu})/u
const between = /[^\p{L}\p{N}]+/u

function wordsOf(text: string): string[] {
  return text
    .split(between)
    .flatMap((word) => word.split(humps))
    .filter((word) => word !== '')
}

function termOf(word: string): string | null {
  const term = word.toLowerCase()
  return idle.has(term) ? null : term
}

export class ToolSearch {
  readonly #held = new Map<string, Held>()
  readonly #rows = new Map<string, { readonly row: Row; readonly tool: ListedTool }>()
  readonly #index = new MiniSearch<Row>({
    fields: ['name', 'title', 'description', 'parameters', 'server'],
    tokenize: wordsOf,
    processTerm: termOf,
    searchOptions: {
      boost: { name: 4, title: 3, description: 2, server: 1, parameters: 1 },
      // Endings and slips of the pen: analyse, analyze, analysis.
      prefix: (term) => term.length > 3,
      fuzzy: (term) => (term.length > 4 ? 0.25 : false),
      weights: { prefix: 0.6, fuzzy: 0.4 },
    },
  })

  /** All tools of these servers that fit, the best first. */
  search(servers: readonly Searched[], query: string): readonly Found[] {
    for (const searched of servers) this.#hold(searched)
    const asked = new Set(servers.map(({ listing }) => listing.server))
    const words = wordsOf(query).slice(0, queryWords_max).join(' ')
    return this.#index.search(words).flatMap(({ id, score }) => {
      const found = this.#rows.get(String(id))
      if (!found || !asked.has(found.tool.server)) return []
      const { title, description } = found.row
      return [{ tool: found.tool, title: title === '' ? null : title, description, score }]
    })
  }

  /** Servers that are not asked about any more. */
  forgetAllBut(servers: ReadonlySet<string>): void {
    for (const server of this.#held.keys()) if (!servers.has(server)) this.#drop(server)
  }

  #hold({ listing, description }: Searched): void {
    const { server, tools } = listing
    const version = `${listing.version} ${description}`
    if (this.#held.get(server)?.version === version) return
    this.#drop(server)
    const approved = tools.filter(({ state }) => state === 'approved')
    const rows = approved.map((tool) => ({ row: rowOf(tool, `${server} ${description}`), tool }))
    const fresh = rows.filter(({ row }) => !this.#rows.has(row.id))
    for (const held of fresh) this.#rows.set(held.row.id, held)
    this.#index.addAll(fresh.map(({ row }) => row))
    this.#held.set(server, { version, ids: fresh.map(({ row }) => row.id) })
  }

  #drop(server: string): void {
    const ids = this.#held.get(server)?.ids ?? []
    this.#index.discardAll(ids)
    for (const id of ids) this.#rows.delete(id)
    this.#held.delete(server)
  }
}

function rowOf(tool: ListedTool, server: string): Row {
  const definition = readJsonObject(tool.definition.toString(), 64) ?? {}
  const { title, description, inputSchema, annotations } = definition
  const properties = isJsonObject(inputSchema) ? inputSchema['properties'] : null
  const said = isJsonObject(annotations) ? annotations['title'] : null
  return {
    id: `${tool.server}/${tool.name}`,
    name: tool.name,
    title: textOf(title) || textOf(said),
    description: textOf(description),
    parameters: isJsonObject(properties) ? Object.keys(properties).join(' ').slice(0, chars_max) : '',
    server,
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, chars_max) : ''
}
