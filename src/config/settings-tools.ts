/** Tool servers as the rest of Weir sees them, and how they become that. */
import type { PersonId, TeamId } from '../domain/ids.ts'
import type { ConfigFile } from './schema.ts'
import { Secret } from './secret.ts'

type Row = ConfigFile['tools']['servers'][string]

/** Where a tool server is and what is spoken there. */
export type ToolPlace =
  | { readonly kind: 'http' | 'sse'; readonly url: string }
  | { readonly kind: 'process'; readonly process: NonNullable<Row['process']> }
  | { readonly kind: 'openapi'; readonly url: string; readonly openapi: NonNullable<Row['openapi']> }

export interface ToolServerSettings extends Omit<
  Row,
  'team' | 'owner' | 'headers' | 'url' | 'transport' | 'process' | 'openapi' | 'tools'
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
}

/** How names of the file become ids. */
interface Names {
  teamId(slug: string): TeamId
  personId(name: string): PersonId
}

export function toolServers({ tools }: ConfigFile, { teamId, personId }: Names): readonly ToolServerSettings[] {
  return Object.entries(tools.servers).map(([id, { url, transport, process, openapi, ...row }]) => ({
    ...row,
    id,
    place: placeOf({ url, transport, process, openapi }),
    team: row.team === undefined ? null : teamId(row.team),
    owner: row.owner === undefined ? null : personId(row.owner),
    tools: new Map(Object.entries(row.tools)),
    headers: Object.entries(row.headers).map(([name, value]) => [name.toLowerCase(), new Secret(value)] as const),
  }))
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
