/** What `weir cost` is made of: the ledger in the state directory, read from its oldest entry that matters to its newest. */
import { join } from 'node:path'
import type { CliDeps } from './cli/deps.ts'
import { problem } from './cli/exit-codes.ts'
import { isLoaded, loadConfig } from './config/load.ts'
import { firstProblem } from './config/problems.ts'
import { isRunId } from './domain/ids.ts'
import { CostTally, totalOf } from './ledger/cost.ts'
import { readLedger } from './ledger/read.ts'
import { placeOfVault } from './gateway-vault.ts'
import { openVaultReader } from './ledger/vault/names.ts'

export const cost: CliDeps['evidence']['cost'] = async ({ configPath, by, since, run }) => {
  if (run !== null && !isRunId(run)) return problem('usage', `${run} is no id of a run: those begin with run_.`)
  const loaded = await loadConfig(configPath)
  if (!isLoaded(loaded)) return problem('no', firstProblem(loaded, configPath))
  const { state, agents } = loaded.settings
  const from = since ?? 0
  const tally = new CostTally(by, { teamOf: (agent) => agents.get(agent)?.team ?? null, since: from })
  const names = openVaultReader(placeOfVault({ state }))
  if (typeof names === 'string') return problem('failed', names)
  const problems: string[] = []
  for await (const item of readLedger(join(state.dir, 'ledger'), from, names)) {
    if (item.kind === 'unreadable') {
      problems.push(`${item.file}: not readable from offset ${item.offset}, ${item.why}`)
      continue
    }
    const { entry } = item
    if (run === null || ('run' in entry && entry.run === run)) tally.add(entry)
  }
  const rows = tally.rows()
  return { schema: 'weir.cost/v1', by, since, run, rows, total: totalOf(rows), problems }
}
