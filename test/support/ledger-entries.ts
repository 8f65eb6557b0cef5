/** The ledger of a gateway that is still running, read once everything it has accepted so far is on the disk. */
import { join } from 'node:path'
import type { LedgerEntry } from '../../src/domain/record.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { namesIn } from './names.ts'
import type { Weir } from './weir.ts'

const patience_ms = 20_000
const look_ms = 10

export async function ledgerOf(weir: Weir): Promise<readonly LedgerEntry[]> {
  const end = performance.now() + patience_ms
  while (!(await isWritten(weir))) {
    if (performance.now() > end) throw new Error('the ledger was not written in time')
    await new Promise((resolve) => setTimeout(resolve, look_ms))
  }
  const entries: LedgerEntry[] = []
  const state = join(weir.directory, 'state')
  for await (const item of readLedger(join(state, 'ledger'), 0, namesIn(state)))
    if (item.kind === 'entry') entries.push(item.entry)
  return entries
}

async function isWritten({ admin }: Weir): Promise<boolean> {
  const page = await (await fetch(`${admin}/metrics`)).text()
  const read = (name: string): string | undefined => new RegExp(`^${name} (\\d+)`, 'm').exec(page)?.[1]
  const appended = read('weir_ledger_appended_total')
  return appended !== undefined && appended === read('weir_ledger_durable_total')
}
