/** Tool servers as the rest of Weir sees them, and how they become that. */
import { resolve } from 'node:path'
import type { PersonId, TeamId } from '../domain/ids.ts'
import { credentialSettings } from './normalise-identity.ts'
import type { ConfigFile } from './schema.ts'
import { readToolOfSet } from './schema-tool-sets.ts'
import { Secret } from './secret.ts'
import type { CredentialSettings } from './settings-identity.ts'

type Row = ConfigFile['tools']['servers'][string]

type ProcessRow = NonNullable<Row['process']>

/** A child process as it is started. */
export interface ToolProcess extends Omit<ProcessRow, 'env' | 'cwd'> {
  /** Beside what it inherits. */
  readonly env: readonly (readonly [name: string, value: Secret])[]
  /** Absolute; null for where Weir runs. */
  readonly cwd: string | null
}

/** Where a tool server is and what is spoken there. */
export type ToolPlace =
  | { readonly kind: 'http' | 'sse'; readonly url: string }
  | { readonly kind: 'process'; readonly process: ToolProcess }
  | { readonly kind: 'openapi'; readonly url: string; readonly openapi: NonNullable<Row['openapi']> }

/** What Weir proves to a tool server. */
export interface ToolCredentialSettings extends Omit<CredentialSettings, 'mode'> {
  readonly mode: Row['credential']['mode']
  /** Where authorization servers read who we are; null for the document we publish ourselves. */
  readonly client_metadata_url: string | null
}

export interface ToolServerSettings extends Omit<
  Row,
  'team' | 'owner' | 'headers' | 'url' | 'transport' | 'process' | 'openapi' | 'tools' | 'credential'
> {
  /** Its slug. */
  readonly id: string
  readonly place: ToolPlace
  readonly team: TeamId | null
  readonly owner: PersonId | null
  /** Names are lower case. */
  readonly headers: readonly (readonly [name: string, value: Secret])[]
  /** By their names at the server. */
  readonly tools: ReadonlyMap<string, Row['tools'][string]>
  readonly credential: ToolCredentialSettings
}

export interface ToolsSettings extends Omit<ConfigFile['tools'], 'servers' | 'sets'> {
  readonly servers: ReadonlyMap<string, ToolServerSettings>
  readonly sets: ReadonlyMap<string, ToolSetSettings>
}

/** A named part of all tool servers. */
export interface ToolSetSettings extends Omit<
  ConfigFile['tools']['sets'][string],
  'servers' | 'tools' | 'instructions'
> {
  /** Its slug. */
  readonly id: string
  readonly instructions: string | null
  /** By the slug of the server: everything it has, or the names of some of its tools, null for all of them. */
  readonly parts: ReadonlyMap<string, 'whole' | { readonly tools: ReadonlySet<string> | null }>
}

/** How names of the file become ids, and where relative paths start. */
interface Names {
  /** Directory of the configuration file. */
  readonly base: string
  teamId(slug: string): TeamId
  personId(name: string): PersonId
}

export function toolServers({ tools }: ConfigFile, { base, teamId, personId }: Names): readonly ToolServerSettings[] {
  return Object.entries(tools.servers).map(([id, { url, transport, process, openapi, credential, ...row }]) => ({
    ...row,
    id,
    place: placeOf({ url, transport, process, openapi }, base),
    team: row.team === undefined ? null : teamId(row.team),
    owner: row.owner === undefined ? null : personId(row.owner),
    tools: new Map(Object.entries(row.tools)),
    credential: toolCredentialSettings(credential, base),
    headers: Object.entries(row.headers).map(([name, value]) => [name.toLowerCase(), new Secret(value)] as const),
  }))
}

function toolCredentialSettings({ mode, ...row }: Row['credential'], base: string): ToolCredentialSettings {
  const { client_metadata_url = null } = row
  return { ...credentialSettings(row, base), mode, client_metadata_url }
}

/** The cross-check has seen that exactly one of them is there. */
function placeOf(
  { url = '', transport, process, openapi }: Pick<Row, 'url' | 'transport' | 'process' | 'openapi'>,
  base: string,
): ToolPlace {
  if (process) return { kind: 'process', process: processOf(process, base) }
  return openapi ? { kind: 'openapi', url, openapi: openApiOf(openapi, base) } : { kind: transport, url }
}

/** Its document is an absolute path. */
function openApiOf(row: NonNullable<Row['openapi']>, base: string): NonNullable<Row['openapi']> {
  return { ...row, document: resolve(base, row.document) }
}

export function toolSets({ tools }: ConfigFile): readonly ToolSetSettings[] {
  return Object.entries(tools.sets).map(([id, { servers, tools: names, description, instructions }]) => {
    const parts = new Map<string, 'whole' | { readonly tools: Set<string> | null }>()
    for (const written of names) {
      const read = readToolOfSet(written)
      if (read === null) continue
      const known = parts.get(read.server)
      const some = known === undefined || known === 'whole' ? new Set<string>() : known.tools
      parts.set(read.server, { tools: read.name === null ? null : (some?.add(read.name) ?? null) })
    }
    for (const server of servers) parts.set(server, 'whole')
    return { id, description, instructions: instructions ?? null, parts }
  })
}

function processOf({ env, cwd, ...row }: ProcessRow, base: string): ToolProcess {
  return {
    ...row,
    env: Object.entries(env).map(([name, value]) => [name, new Secret(value)] as const),
    cwd: cwd === undefined ? null : resolve(base, cwd),
  }
}
