/** The composition root of the terminal: hands it what it needs, and loads the rest of the house only when asked. */
import { systemClock } from './base/clock.ts'
import { cryptoDice } from './base/dice.ts'
import type { CliDeps } from './cli/deps.ts'
import { runCli } from './cli/program.ts'
import { version } from './version.ts'

const deps: CliDeps = {
  serve: async (options) => (await import('./serve.ts')).serve(options, process),
  check: async (path, options) => (await import('./tools.ts')).check(path, options),
  admin: async (configPath) => (await import('./tools.ts')).admin(configPath),
  token: {
    mint: async (request) => (await import('./tools.ts')).mint(request),
    inspect: async (request) => (await import('./tools-evidence.ts')).inspect(request),
  },
  evidence: {
    hop: async (request) => (await import('./tools-evidence.ts')).hop(request),
    run: async (request) => (await import('./tools-evidence.ts')).run(request),
    write: async (request) => (await import('./tools-evidence.ts')).write(request),
    cost: async (request) => (await import('./tools-cost.ts')).cost(request),
  },
  stories: {
    list: async (asked) => (await import('./tools-stories.ts')).list(asked),
    story: async (asked) => (await import('./tools-stories.ts')).story(asked),
    explanation: async (asked) => (await import('./tools-stories.ts')).explanation(asked),
    tree: async (asked) => (await import('./tools-stories.ts')).tree(asked),
    records: async (asked) => (await import('./tools-stories.ts')).records(asked),
    write: async (...asked) => (await import('./tools-stories.ts')).write(...asked),
  },
  audit: {
    verify: async (...asked) => (await import('./tools-audit.ts')).verify(...asked),
    show: async (asked) => (await import('./tools-audit.ts')).show(asked),
    find: async (asked) => (await import('./tools-audit.ts')).find(asked),
    exportTo: async (asked) => (await import('./tools-audit.ts')).exportTo(asked),
    checkpoint: async (configPath) => (await import('./tools-audit.ts')).checkpoint(configPath),
    holds: async (configPath) => (await import('./tools-holds.ts')).holds(configPath),
    placeHold: async (asked) => (await import('./tools-holds.ts')).place(asked),
    releaseHold: async (asked) => (await import('./tools-holds.ts')).release(asked),
  },
  card: { verify: async (places) => (await import('./tools.ts')).verifyCardFile(places) },
  registry: {
    preview: async (asked) => (await import('./tools-agents.ts')).preview(asked),
    plan: async (...asked) => (await import('./tools-agents.ts')).plan(...asked),
    write: async (planned) => (await import('./tools-agents.ts')).write(planned),
    examine: async (...asked) => (await import('./tools-doctor.ts')).examine(...asked),
  },
  toolServers: {
    preview: async (asked) => (await import('./tools-mcp.ts')).preview(asked),
    plan: async (...asked) => (await import('./tools-mcp.ts')).plan(...asked),
    write: async (...asked) => (await import('./tools-mcp.ts')).write(...asked),
  },
  connect: {
    world: async (configPath) => (await import('./tools-connect.ts')).world(configPath),
    read: async (path) => (await import('./tools-connect.ts')).readFile(path),
    write: async (...asked) => (await import('./tools-connect.ts')).writeFile(...asked),
    firstCall: async (asked) => (await import('./tools-connect.ts')).firstCall(asked),
  },
  people: {
    list: async (asked) => (await import('./tools-people.ts')).list(asked),
    order: async (asked) => (await import('./tools-people.ts')).order(asked),
  },
  login: {
    begin: async (asked) => (await import('./tools.ts')).begin(asked),
    exchange: async (asked) => (await import('./tools.ts')).exchange(asked),
  },
  policy: {
    why: async (asked) => (await import('./tools-whatif.ts')).why(asked),
    test: async (asked) => (await import('./tools-policy.ts')).test(asked),
    lint: async (asked) => (await import('./tools-policy.ts')).lint(asked),
    graph: async (asked) => (await import('./tools-policy.ts')).graph(asked),
    diff: async (asked) => (await import('./tools-policy.ts')).diff(asked),
    preview: async (asked) => (await import('./tools-policy.ts')).preview(asked),
    simulate: async (...asked) => (await import('./tools-whatif.ts')).simulate(...asked),
    suggest: async (asked) => (await import('./tools-whatif.ts')).suggest(asked),
    replay: async (asked) => (await import('./tools-whatif.ts')).replay(asked),
    rerun: async (...asked) => (await import('./tools-rerun.ts')).rerun(...asked),
  },
  docs: async () => (await import('./tools.ts')).docs(),
  version,
  clock: systemClock,
  dice: cryptoDice(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTTY: process.stdin.isTTY && process.stdout.isTTY,
  env: process.env,
}

// Whoever reads may stop reading: `weir runs tree | head` is no mistake. A gateway goes on without a reader.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  if (process.argv[2] !== 'serve') process.exit()
})

process.exitCode = await runCli(process.argv.slice(2), deps)
