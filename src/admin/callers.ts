/** Who asks at the admin listener: the token in the state directory, or one of the configuration with its name and roles. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { AdminRole } from '../config/schema-admin.ts'
import type { Settings } from '../config/settings.ts'
import { allows, type Permission } from './roles.ts'

export interface AdminCaller {
  readonly roles: readonly AdminRole[]
  /** How the ledger names it; null for the token of the state directory, which may say for whom it asks. */
  readonly actor: string | null
}

export function may({ roles }: AdminCaller, permission: Permission): boolean {
  return allows(roles, permission)
}

/** Tells who shows an `Authorization` header; null for nobody. */
export type FindCaller = (authorization: string) => AdminCaller | null

export const anyAdmin: AdminCaller = { roles: ['admin'], actor: null }

type Tokens = Settings['gateway']['admin_tokens']

interface Known {
  readonly hash: Buffer
  readonly caller: AdminCaller
}

/** `tokens` is asked each time, for a reload may change them. Every token is compared, whatever was found before. */
export function findCallers(adminToken: string, tokens: () => Tokens): FindCaller {
  const first: Known = { hash: sha256(adminToken), caller: anyAdmin }
  let from: Tokens = []
  let known: readonly Known[] = [first]
  return (authorization) => {
    const now = tokens()
    if (now !== from) {
      from = now
      known = [first, ...now.map(knownBy)]
    }
    if (!authorization.startsWith('Bearer ')) return null
    const shown = sha256(authorization.slice('Bearer '.length))
    const same = known.map(({ hash }) => timingSafeEqual(shown, hash))
    return known[same.indexOf(true)]?.caller ?? null
  }
}

function knownBy({ name, roles, secret }: Tokens[number]): Known {
  return { hash: sha256(secret.reveal()), caller: { roles, actor: `operator:${name}` } }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
