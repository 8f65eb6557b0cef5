/** What `weir audit hold` is made of. */
import { userInfo } from 'node:os'
import { systemClock } from './base/clock.ts'
import type { AuditTools } from './cli/audit/deps.ts'
import { isProblem, problem } from './cli/exit-codes.ts'
import { type Hold, placeHold, readHolds, releaseHold } from './ledger/holds.ts'
import { withoutNames } from './ledger/vault/texts.ts'
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
  const people = state.people()
  const pseudonymOf = (name: string): string | null => people?.pseudonymOf(name) ?? null
  const reason = withoutNames(asked.reason, pseudonymOf)
  if (withoutNames(asked.name, pseudonymOf) !== asked.name)
    return problem('no', 'The name of a hold stays when a person is erased: choose one in which nobody is named.')
  const hold: Hold = { ...asked, reason, actor: `operator:${userInfo().username}`, placed_at: systemClock.now() }
  const refused = placeHold(state.ledger, hold)
  return refused === null ? listOf(state) : problem('no', `${refused}.`)
}

export const release: AuditTools['releaseHold'] = async ({ configPath, name }) => {
  const state = await openState(configPath)
  if (isProblem(state)) return state
  const released = releaseHold(state.ledger, name)
  return typeof released === 'string' ? problem('not_found', `${released}.`) : listOf(state)
}
