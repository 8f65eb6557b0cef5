/** Every route of the admin listener over a test road, and a way to ask it as anybody. */
import { findCallers } from '../../src/admin/callers.ts'
import { withDescription } from '../../src/admin/openapi.ts'
import { type AnyRoute, serveAdmin } from '../../src/admin/routes.ts'
import type { AdminRole } from '../../src/config/schema-admin.ts'
import { Secret } from '../../src/config/secret.ts'
import type { EventBus } from '../../src/admin/event-bus.ts'
import { adminRoutes } from '../../src/gateway-doors.ts'
import { liveMemory, openLive } from '../../src/gateway-live.ts'
import type { Keyring } from '../../src/identity/keys/keyring.ts'
import type { Ask } from '../../src/ledger/index/contract.ts'
import type { Road } from '../../src/pipeline/road.ts'
import { MemoryReply } from './reply.ts'
import { pave, type TestRoad } from './road.ts'

export interface AdminTrial {
  readonly trial: TestRoad
  readonly routes: readonly AnyRoute[]
  readonly live: EventBus
  ask(method: string, path: string, asked?: Asked): Promise<MemoryReply>
}

interface Asked {
  /** Of the token that is shown; null for none. */
  readonly as?: AdminRole | null
  readonly body?: unknown
}

/** The secret of a token with that role alone. */
function secretOf(role: AdminRole): string {
  return `${role} ${'x'.repeat(32)}`
}

const roles: readonly AdminRole[] = [
  'viewer',
  'operator',
  'policy-editor',
  'tool-approver',
  'finance',
  'auditor',
  'admin',
]

export async function openAdminTrial(ask: Ask | null = null): Promise<AdminTrial> {
  const trial = await pave()
  const keys = { entries: [], rotate: async () => ({ kind: 'key_problem', sentence: 'No' }) } as unknown as Keyring
  const ledger = { health: () => ({ state: 'ok', detail: '' }) } as unknown as Road['ledger']
  const road = { ...trial.road, ledger: Object.assign(ledger, trial.road.ledger) }
  const draining = { yes: false }
  const live = openLive(road, draining, { archive: { hear: () => undefined }, live: liveMemory() })
  const parts = { road, keys, draining, page: () => trial.page(), ask, live }
  const routes = withDescription(adminRoutes(parts), '0.0.0')
  const tokens = roles.map((role) => ({ name: role, roles: [role], secret: new Secret(secretOf(role)) }))
  const serve = serveAdmin(
    routes,
    findCallers('admin-token', () => tokens),
  )
  return {
    trial,
    routes,
    live,
    async ask(method, path, { as = 'admin', body = {} } = {}) {
      const reply = new MemoryReply()
      const headers = new Map([['host', '127.0.0.1:8081']])
      if (as) headers.set('authorization', `Bearer ${secretOf(as)}`)
      const [place = '', query = ''] = path.split('?')
      const rest = { receivedAt: 0, startedAt: 0, peer: '127.0.0.1', clientCert: null }
      await serve({ method, path: place, query, headers, body: Buffer.from(JSON.stringify(body)), ...rest }, reply)
      return reply
    },
  }
}
