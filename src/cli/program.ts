/** The command line as one table of commands. Each command's code is loaded when it is called, so `--help` is instant. */
import { Command, CommanderError } from 'commander'
import { readyArgv } from './argv.ts'
import type { HopOptions } from './commands/hop.ts'
import { addAudit } from './program-audit.ts'
import { addCost } from './program-cost.ts'
import type { InspectOptions, MintOptions } from './commands/token.ts'
import type { CliDeps } from './deps.ts'
import { exits } from './exit-codes.ts'
import { addAgents } from './program-agents.ts'
import { addConnect } from './program-connect.ts'
import { addExec } from './program-exec.ts'
import { addLive } from './program-live.ts'
import { addLogin } from './program-login.ts'
import { addMcp } from './program-mcp.ts'
import { addPeople } from './program-people.ts'
import { addApprovals, addKeys, addRevocations } from './program-operators.ts'
import { addRuns } from './program-runs.ts'
import { addPolicy, addReplay, addWhy } from './program-policy.ts'
import { addTools } from './program-tools.ts'
import { defaultConfig, examples, type Settle } from './program-parts.ts'
import { openTerminal } from './terminal.ts'

/** Runs one command. `argv` without the interpreter and the script; resolves to the exit code. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  let code: number = exits.ok
  const program = buildProgram(deps, async (running) => {
    code = await running
  })
  try {
    await program.parseAsync(readyArgv(argv), { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return exits.ok
    return argv[0] === 'serve' ? exits.serve_usage : exits.usage
  }
}

function buildProgram(deps: CliDeps, settle: Settle): Command {
  const terminal = openTerminal(deps)
  const program = new Command('weir')
    .description('The agent gateway: who is calling, on whose behalf, may it, how much is left.')
    .version(deps.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text),
      writeErr: (text) => void deps.stderr.write(text),
      getOutHasColors: () => terminal.color,
      getErrHasColors: () => terminal.color,
    })
    .helpCommand(false)
  examples(program, [
    'weir demo loop',
    'weir serve --config weir.yaml',
    'weir runs explain',
    'weir runs halt run_0193… --reason "loop"',
    'weir hop hop_7c1f0a9be0d24c55',
  ])
  program.commandsGroup('Begin:')
  addDemo(program, deps, settle)
  addCheck(program, deps, settle)
  addServe(program, deps, settle)
  addConnect(program, deps, settle)
  addExec(program, deps, settle)
  program.commandsGroup('Look and prove:')
  addRuns(program, deps, settle)
  addHop(program, deps, settle)
  addCost(program, deps, settle)
  addLive(program, deps, settle)
  addWhy(program, deps, settle)
  addReplay(program, deps, settle)
  addPolicy(program, deps, settle)
  addAudit(program, deps, settle)
  program.commandsGroup('Decide and stop:')
  addApprovals(program, deps, settle)
  addRevocations(program, deps, settle)
  addPeople(program, deps, settle)
  program.commandsGroup('Agents:')
  addAgents(program, deps, settle)
  program.commandsGroup('Tools:')
  addTools(program, deps, settle)
  addMcp(program, deps, settle)
  program.commandsGroup('Tokens and keys:')
  addLogin(program, deps, settle)
  addToken(program, deps, settle)
  addKeys(program, deps, settle)
  addCard(program, deps, settle)
  addDocs(program, deps, settle)
  return program
}

function addServe(program: Command, deps: CliDeps, settle: Settle): void {
  const command = program
    .command('serve')
    .description('run the gateway until it is stopped')
    .option('-c, --config <file>', 'configuration file', defaultConfig)
    .option('--log-level <level>', 'trace, debug, info, warn, error', 'info')
    .option(
      '--accept-truncation',
      'start although sealed entries of the ledger are missing; the ledger says so for ever',
    )
    .action(async (options: { config: string; logLevel: string; acceptTruncation?: boolean }) => {
      const { serve } = await import('./commands/serve.ts')
      await settle(serve(deps, options))
    })
  examples(command, ['weir serve', 'weir serve --config /etc/weir/weir.yaml'])
}

function addCheck(program: Command, deps: CliDeps, settle: Settle): void {
  const command = program
    .command('check')
    .description('name every mistake in a configuration file; exit code 3 if there is one')
    .argument('[file]', 'configuration file', defaultConfig)
    .option('--json', 'one JSON object')
    .action(async (file: string, options: { json?: boolean }) => {
      const { check } = await import('./commands/check.ts')
      await settle(check(deps, file, options))
    })
  examples(command, ['weir check', 'weir check /etc/weir/weir.yaml --json'])
}

function addHop(program: Command, deps: CliDeps, settle: Settle): void {
  const command = program
    .command('hop')
    .description('for which person, through which chain and by what right one call was made or refused')
    .argument('<hop>', 'id of the hop, as in weir-hop-id and in every refusal')
    .option('-c, --config <file>', 'configuration whose state directory is read', defaultConfig)
    .option('--json', 'one JSON object')
    .action(async (id: string, options: HopOptions) => {
      const { showHop } = await import('./commands/hop.ts')
      await settle(showHop(deps, id, options))
    })
  examples(command, ['weir hop hop_7c1f0a9be0d24c55', 'weir hop hop_7c1f0a9be0d24c55 --json'])
}

function addToken(program: Command, deps: CliDeps, settle: Settle): void {
  const token = program.command('token').description('credentials of agents')
  examples(token, ['weir token mint --agent research --for tomas --to writer', 'weir token inspect < token.txt'])
  token
    .command('mint')
    .description('a short-lived token for an agent; stdout holds nothing else')
    .requiredOption('--agent <agent>', 'who will act')
    .option('--for <user>', 'the person it acts for')
    .option('--to <agent>', 'the one agent it may call; without it, any')
    .option('--ttl <seconds>', 'lifetime in seconds')
    .option('-c, --config <file>', 'configuration file', defaultConfig)
    .option('--json', 'one JSON object')
    .action(async (options: MintOptions) => {
      const { mintToken } = await import('./commands/token.ts')
      await settle(mintToken(deps, options))
    })
  token
    .command('inspect')
    .description('verify a token and draw its chain; exit code 3 if it is not valid')
    .argument('[token]', 'the token, or - to read it from stdin', '-')
    .option('-c, --config <file>', 'configuration file', defaultConfig)
    .option('--jwks <place>', 'file or URL of keys to check it with, in place of the configured gateway')
    .option('--json', 'one JSON object')
    .action(async (given: string, options: InspectOptions) => {
      const { inspectToken } = await import('./commands/token.ts')
      await settle(inspectToken(deps, given, options))
    })
}

function addCard(program: Command, deps: CliDeps, settle: Settle): void {
  const card = program.command('card').description('signed agent cards')
  examples(card, ['weir card verify card.json --jwks https://weir.example/.well-known/jwks.json'])
  card
    .command('verify')
    .description('check who published a card; exit code 3 if no signature holds')
    .argument('<card>', 'file or URL of the card')
    .requiredOption('--jwks <place>', 'file or URL of the keys that are trusted')
    .option('--json', 'one JSON object')
    .action(async (place: string, options: { jwks: string; json?: boolean }) => {
      const { verifyCard } = await import('./commands/card.ts')
      await settle(verifyCard(deps, place, options))
    })
}

function addDemo(program: Command, deps: CliDeps, settle: Settle): void {
  const demo = program.command('demo').description('see it work, offline, in less than a minute')
  examples(demo, ['weir demo loop', 'weir demo loop --keep', 'weir demo loop --json'])
  demo
    .command('loop')
    .description('two agents that call each other for ever: unwatched, halted by a limit, cut by a policy')
    .option('--json', 'one JSON object at the end, nothing else')
    .option('--keep', 'leave the gateways running afterwards, to look at the runs')
    .action(async (options: { json?: boolean; keep?: boolean }) => {
      const { demoLoop } = await import('./commands/demo.ts')
      await settle(demoLoop(deps, options))
    })
}

function addDocs(program: Command, deps: CliDeps, settle: Settle): void {
  const docs = program.command('docs', { hidden: true }).description('for people who change Weir')
  docs
    .command('write')
    .description('write the generated reference pages')
    .action(async () => {
      const { writeDocs } = await import('./commands/docs.ts')
      await settle(writeDocs(deps))
    })
}
