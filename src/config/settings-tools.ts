/** Tool servers as the rest of Weir sees them, and how they become that. */
import type { PersonId, TeamId } from '../domain/ids.ts'
import { credentialSettings } from './normalise-identity.ts'
import type { ConfigFile } from './schema.ts'
import { Secret } from './secret.ts'
import type { CredentialSettings } from './settings-identity.ts'

type Row = ConfigFile['tools']['servers'][string]

/** Where a tool server is and what is spoken there. */
export type ToolPlace =
  | { readonly kind: 'http' | 'sse'; readonly url: string }
  | { readonly kind: 'process'; readonly process: NonNullable<Row['process']> }
  | { readonly kind: 'openapi'; readonly url: string; readonly openapi: NonNullable<Row['openapi']> }

/** What Weir proves to a tool server. */
export interface ToolCredentialSettings extends Omit<CredentialSettings, 'mode'> {
  readonly mode: Row['credential']['mode']
  /** Where authorization servers read who we are; null for the document we publish ourselves. */
  readonly client_metadata_url: string | null
}

export interface ToolServerSettings extends Omit<
  Row,
  'team' | 'owner' | 'headers' | 'url' | 'transport' | 'process' | 'openapi' | 'credential'
> {
  /** Its slug. */
  readonly id: string
  readonly place: ToolPlace
  readonly team: TeamId | null
  readonly owner: PersonId | null
  /** Names are lower case. */
  readonly headers: readonly (readonly [name: string, value: Secret])[]
  readonly credential: ToolCredentialSettings
}

/** How names of the file become ids, and where relative paths start. */
interface Names {
  readonly base: string
  teamId(slug: string): TeamId
  personId(name: string): PersonId
}

export function toolServers({ tools }: ConfigFile, { base, teamId, personId }: Names): readonly ToolServerSettings[] {
  return Object.entries(tools.servers).map(([id, { url, transport, process, openapi, credential, ...row }]) => ({
    ...row,
    id,
    place: placeOf({ url, transport, process, openapi }),
    team: row.team === undefined ? null : teamId(row.team),
    owner: row.owner === undefined ? null : personId(row.owner),
    credential: toolCredentialSettings(credential, base),
    headers: Object.entries(row.headers).map(([name, value]) => [name.toLowerCase(), new Secret(value)] as const),
  }))
}

function toolCredentialSettings({ mode, ...row }: Row['credential'], base: string): ToolCredentialSettings {
  const { client_metadata_url = null } = row
  return { ...credentialSettings(row, base), mode, client_metadata_url }
}

/** The cross-check has seen that exactly one of them is there. */
function placeOf({
  url = '',
  transport,
  process,
  openapi,
}: Pick<Row, 'url' | 'transport' | 'process' | 'openapi'>): ToolPlace {
  if (process) return { kind: 'process', process }
  return openapi ? { kind: 'openapi', url, openapi } : { kind: transport, url }
}
