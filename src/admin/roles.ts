/** Who may do what at the admin listener: permissions by name, and the roles of tokens that have them. */
import type { AdminRole } from '../config/schema-admin.ts'

interface Row {
  /** The role `admin` may do everything and is not named. */
  readonly roles: readonly Exclude<AdminRole, 'admin'>[]
  readonly help: string
}

export const permissions = {
  know: {
    roles: ['viewer', 'operator', 'policy-editor', 'tool-approver', 'finance', 'auditor'],
    help: 'the description of this interface',
  },
  look: {
    roles: ['viewer', 'operator', 'policy-editor', 'tool-approver', 'auditor'],
    help: 'runs and calls, their stories, the live stream, agents, tools, keys and revocations',
  },
  cost: {
    roles: ['viewer', 'operator', 'finance', 'auditor'],
    help: 'what work cost and which agents spend now; whose it was only with `look`',
  },
  order: {
    roles: ['operator'],
    help: 'open, end, halt and taint runs; contain agents, revoke, approve cards, send again',
  },
  decide: {
    roles: ['operator', 'tool-approver'],
    help: 'see the arguments of calls that wait for a person, and decide about them',
  },
  approve_tools: {
    roles: ['tool-approver'],
    help: 'approve and reject definitions of tools, write the lock file',
  },
  know_people: { roles: ['operator', 'auditor'], help: 'who stands behind which pseudonym, and what holds them' },
  forget_people: { roles: [], help: 'erase persons, hold them and let them go' },
  turn_keys: { roles: [], help: 'turn and withdraw signing keys' },
} as const satisfies Readonly<Record<string, Row>>

export type Permission = keyof typeof permissions

/** Whether one of these roles has the permission. */
export function allows(roles: readonly AdminRole[], permission: Permission): boolean {
  const allowed: readonly AdminRole[] = permissions[permission].roles
  return roles.some((role) => role === 'admin' || allowed.includes(role))
}

/** For whoever may not: which roles may. */
export function rolesOf(permission: Permission): string {
  return [...permissions[permission].roles, 'admin'].join(', ')
}
