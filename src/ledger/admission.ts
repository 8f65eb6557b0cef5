/** Which entries may be refused a place in the ring, and which are owed one. */
import type { LedgerEntry } from '../domain/record.ts'

/** Entries that start something new wait for better times. */
export function opens(entry: LedgerEntry): boolean {
  if (entry.kind === 'run') return entry.event === 'opened'
  return entry.kind === 'intent' || entry.kind === 'boot' || isGrant(entry)
}

/** A token that was signed and not recorded is not handed out. */
function isGrant(entry: LedgerEntry): boolean {
  return entry.kind === 'grant' && entry.decision === 'allow'
}

/** What nothing bounds: a flood of it must not leave those without room who are let through. */
export function isRefusal(entry: LedgerEntry): boolean {
  return (entry.kind === 'call' || entry.kind === 'grant') && entry.decision === 'deny'
}

/** Entries about something that was let through; there are at most as many as there were intents and runs. */
export function isOwed(entry: LedgerEntry): boolean {
  if (entry.kind === 'grant') return false
  return entry.kind === 'call' ? entry.decision === 'allow' : !opens(entry)
}
