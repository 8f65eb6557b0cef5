/** Tool servers as the rest of Weir sees them, and how they become that. */
import type { PersonId, TeamId } from '../domain/ids.ts'
import type { ConfigFile } from './schema.ts'
import { Secret } from './secret.ts'

type Row = ConfigFile['tools']['servers'][string]

export interface ToolServerSettings extends Omit<Row, 'team' | 'owner' | 'headers'> {
  /** Its slug. */
  readonly id: string
  readonly team: TeamId | null
  readonly owner: PersonId | null
  /** Names are lower case. */
  readonly headers: readonly (readonly [name: string, value: Secret])[]
}

/** How names of the file become ids. */
interface Names {
  teamId(slug: string): TeamId
  personId(name: string): PersonId
}

export function toolServers({ tools }: ConfigFile, { teamId, personId }: Names): readonly ToolServerSettings[] {
  return Object.entries(tools.servers).map(([id, row]) => ({
    ...row,
    id,
    team: row.team === undefined ? null : teamId(row.team),
    owner: row.owner === undefined ? null : personId(row.owner),
    headers: Object.entries(row.headers).map(([name, value]) => [name.toLowerCase(), new Secret(value)] as const),
  }))
}
