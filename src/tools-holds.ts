/** What `weir audit hold` is made of. */
import { userInfo } from 'node:os'
import { systemClock } from './base/clock.ts'
import type { AuditTools } from './cli/audit/deps.ts'
import { isProblem, problem } from './cli/exit-codes.ts'
import { type Hold, placeHold, readHolds, releaseHold } from './ledger/holds.ts'
import { type LedgerState, openState } from './tools-ledger.ts'

export const holds: AuditTools['holds'] = async (configPath) => {
  const state = await openState(configPath)
  return isProblem(state) ? state : listOf(state)
}

function listOf({ ledger }: LedgerState) {
  const list = readHolds(ledger)
  return typeof list === 'string' ? problem('failed', list) : ({ schema: 'weir.holds/v1', holds: list } as const)
}

export const place: AuditTools['placeHold'] = async ({ configPath, ...asked }) => {
  const state = await openState(configPath)
  if (isProblem(state)) return state
  const hold: Hold = { ...asked, actor: `operator:${userInfo().username}`, placed_at: systemClock.now() }
  const refused = placeHold(state.ledger, hold)
  return refused === null ? listOf(state) : problem('no', `${refused}.`)
}

export const release: AuditTools['releaseHold'] = async ({ configPath, name }) => {
  const state = await openState(configPath)
  if (isProblem(state)) return state
  const released = releaseHold(state.ledger, name)
  return typeof released === 'string' ? problem('not_found', `${released}.`) : listOf(state)
}
