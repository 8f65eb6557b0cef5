/** The commands with which an auditor looks at the ledger and proves it. */
import type { Command } from 'commander'
import type {
  ExportOptions,
  FindOptions,
  HoldOptions,
  RecordOptions,
  ShowOptions,
  VerifyOptions,
} from './commands/audit.ts'
import type { CliDeps } from './deps.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'

export function addAudit(program: Command, deps: CliDeps, settle: Settle): void {
  const audit = program
    .command('audit')
    .description('prove the ledger, look into it, hand out records with their proofs')
  examples(audit, [
    'weir audit verify',
    'weir audit verify --checkpoint /mnt/elsewhere/weir.checkpoint',
    'weir audit show hop_7c1f0a9be0d24c55',
    'weir audit show hop_7c1f0a9be0d24c55 --payloads',
    "weir audit find 'decision:deny since:24h'",
    "weir audit export 'run:run_0193…' --out evidence",
  ])
  const verb = (usage: string, description: string): Command =>
    audit
      .command(usage)
      .description(description)
      .option('-c, --config <file>', 'configuration whose state directory is read', defaultConfig)
      .option('--json', 'one JSON object')
  verb('verify', 'compute the whole log again; exit code 3 names the first record that is wrong')
    .option(
      '--checkpoint <file...>',
      'checkpoints that were kept elsewhere: nothing they count may be missing or changed',
    )
    .action(async (options: VerifyOptions) => {
      const { verifyAudit } = await import('./commands/audit.ts')
      await settle(verifyAudit(deps, options))
    })
  verb(
    'show <record>',
    'a record by its number or its hop, for whom and by what right, with the proof that it is in the log',
  )
    .option('--payloads', 'show what was captured of its request and its answer')
    .action(async (what: string, options: RecordOptions) => {
      const { showRecord } = await import('./commands/audit.ts')
      await settle(showRecord(deps, what, options))
    })
  verb('find [filter...]', 'records that fit a filter')
    .option('--limit <number>', 'the newest so many', '50')
    .action(async (words: readonly string[], options: FindOptions) => {
      const { findRecords } = await import('./commands/audit.ts')
      await settle(findRecords(deps, words, options))
    })
  verb('export [filter...]', 'records for others: a bundle with proofs and its own verifier, or lines for a SIEM')
    .requiredOption('--out <place>', 'a folder for a bundle, a file for everything else; it may not be there')
    .option('--format <format>', 'bundle, jsonl, ocsf or cef', 'bundle')
    .option(
      '--checkpoint <file...>',
      'checkpoints that were kept elsewhere: the bundle proves that the log goes on from them',
    )
    .action(async (words: readonly string[], options: ExportOptions) => {
      const { exportRecords } = await import('./commands/audit.ts')
      await settle(exportRecords(deps, words, options))
    })
  verb('checkpoint', 'the newest signed checkpoint, to be kept elsewhere').action(async (options: ShowOptions) => {
    const { showCheckpoint } = await import('./commands/audit.ts')
    await settle(showCheckpoint(deps, options))
  })
  addHolds(audit, deps, settle)
}

function addHolds(audit: Command, deps: CliDeps, settle: Settle): void {
  const hold = audit.command('hold').description('keep records from retention and erasure for as long as the law wants')
  const verb = (usage: string, description: string): Command =>
    hold
      .command(usage)
      .description(description)
      .option('-c, --config <file>', 'configuration whose state directory it is about', defaultConfig)
      .option('--json', 'one JSON object')
  verb('ls', 'what is held').action(async (options: ShowOptions) => {
    const { listHolds } = await import('./commands/audit.ts')
    await settle(listHolds(deps, options))
  })
  verb('add <name>', 'hold everything, a time or a run')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--run <run>', 'only what speaks of this run')
    .option('--from <time>', 'only records from then on: 2026-11-01')
    .option('--until <time>', 'only records until then')
    .action(async (name: string, options: HoldOptions) => {
      const { addHold } = await import('./commands/audit.ts')
      await settle(addHold(deps, name, options))
    })
  verb('release <name>', 'let retention have it again').action(async (name: string, options: ShowOptions) => {
    const { releaseHold } = await import('./commands/audit.ts')
    await settle(releaseHold(deps, name, options))
  })
}
