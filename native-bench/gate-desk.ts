/** What the gate asks a Weir about itself, at its admin listener. */
import type { Server } from './processes.ts'
import type { Setup } from './weir-setup.ts'

const flushed_ms = 5000

export interface Check {
  readonly name: string
  readonly holds: boolean
  readonly seen: string
}

export interface Desk {
  readonly server: Server
  readonly setup: Setup
}

/** What `/api/v1/runs/<id>` says of a run, as far as the gate counts. */
export interface Booked {
  readonly calls: number
  readonly refused: number
  readonly spent: { readonly tokens: number; readonly cost_micros: number }
  readonly reserved: { readonly tokens: number; readonly cost_micros: number }
}

export async function asked({ server, setup }: Desk, path: string): Promise<string> {
  const headers = { authorization: `Bearer ${setup.adminToken()}` }
  const answer = await fetch(`${server.admin}${path}`, { headers })
  return answer.text()
}

/** Entries of the ledger, once it has written everything it accepted or does not in time. */
export async function ledgerOf(desk: Desk): Promise<{ readonly appended: number; readonly durable: number }> {
  const end = performance.now() + flushed_ms
  for (;;) {
    const page = await asked(desk, '/metrics')
    const read = (name: string): number => Number(new RegExp(`^${name}\\S* (\\d+)`, 'm').exec(page)?.[1])
    const [appended, durable] = [read('weir_ledger_appended_total'), read('weir_ledger_durable_total')]
    if (durable === appended || performance.now() > end) return { appended, durable }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Delivery tokens that were signed because none was at home. */
export async function signedBy(desk: Desk): Promise<number> {
  return Number(/^weir_delivery_cache_total\{outcome="miss"\} (\d+)/m.exec(await asked(desk, '/metrics'))?.[1])
}
