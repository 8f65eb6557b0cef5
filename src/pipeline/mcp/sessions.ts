/**
 * Sessions with tool servers. What a caller holds is the server's own id, sealed for this route and this caller: nothing
 * is kept here, so a session outlives a restart, and in other hands it is the id of no session.
 */
import { readJson } from '../../base/json.ts'
import type { Dice } from '../../base/dice.ts'
import type { Principal } from '../../domain/principal.ts'
import { byChance, openSeal, type Seal } from '../../tasks/seal.ts'

/** What an id of ours stands for. */
export interface McpSession {
  /** The server's own id. */
  readonly id: string
  /** What the caller shows for it. */
  readonly sealed: string
  /** Whose it is. */
  readonly agent: string
  readonly person: string | null
}

/** MCP, session management: visible ASCII. Longer ones would not fit a header once they are sealed. */
const idForm = /^[\x21-\x7e]{1,1024}$/

export class McpSessions {
  readonly #seal: Seal

  constructor(secret: Uint8Array, dice: Dice) {
    this.#seal = openSeal(secret, 'mcp sessions', byChance(dice))
  }

  /** What the caller is given for a session of the server; null for an id that no server may give. */
  close(server: string, id: string, principal: Principal): string | null {
    if (!idForm.test(id)) return null
    return this.#seal.seal(JSON.stringify([...ownerOf(principal), id]), server)
  }

  /** Null for anything that is no session on this route. */
  open(server: string, sealed: string): McpSession | null {
    const text = this.#seal.open(sealed, server)
    const read = text === null ? null : readJson(text)
    if (!read?.ok || !Array.isArray(read.value)) return null
    const [agent, person, id] = read.value as readonly unknown[]
    if (typeof agent !== 'string' || typeof id !== 'string') return null
    return { id, sealed, agent, person: typeof person === 'string' ? person : null }
  }
}

export function isOwner(session: Pick<McpSession, 'agent' | 'person'>, principal: Principal): boolean {
  const [agent, person] = ownerOf(principal)
  return session.agent === agent && session.person === person
}

/** Agent and person: who shares nothing with anybody else. */
export function ownerOf({ proof, delegation }: Principal): readonly [agent: string, person: string | null] {
  return [proof.agent, delegation ? delegation.person : proof.person]
}
