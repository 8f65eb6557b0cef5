import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'

/**
 * With real processes on a machine that stands still for seconds now and then, a failure is one where it happens twice in a
 * row; the reporter marks what was tried again. Tests without processes have no second chance.
 */
const real = {
  retry: 1,
  pool: 'forks' as const,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // What is waited for comes when it comes: on a busy machine processes and sockets take more than the one second of the default.
  expect: { poll: { timeout: 20_000 } },
  // As the launcher has it: what Node compiled for one gateway need not be compiled for the next.
  env: { NODE_COMPILE_CACHE: join(tmpdir(), `weir-compiled-${process.getuid?.() ?? 0}`) },
}

/** Those that count what fits into a time, kill processes over and over, or need a whole core: one at a time, after all others. */
const alone = [
  'property/policy-compiled-equals-oracle',
  'property/mutated-tokens-are-never-accepted',
  'conformance/mcp-client-suites-through-weir',
  'conformance/mcp-suites-*',
  'flow/a-dead-server-delays-nobody',
  'flow/clock-set-back-does-not-start',
  'flow/demo-loop',
  'flow/every-task-survives-kill',
  'flow/many-readers-of-one-task',
  'flow/no-effect-without-a-record',
  'flow/pushes-survive-kill',
  'flow/streams-say-how-they-are',
  'flow/tasks-survive-kill',
  'flow/tool-servers-are-child-processes',
].map((name) => `test/${name}.test.ts`)

/** What some tests need beside Node; where it is missing they are left out, and it is said. */
const needs: readonly (readonly [what: string, how: readonly [string, ...string[]], tests: readonly string[]])[] = [
  ['openssl', ['openssl', 'version'], ['flow/certificates-prove-agents', 'flow/mtls', 'flow/upstream-mtls']],
  ['curl', ['curl', '--version'], ['flow/guide-gets-a-token']],
  ['prometheus', ['promtool', '--version'], ['flow/prometheus-scrapes-weir', 'flow/prometheus-takes-our-rules']],
  ['python3-httpx', ['/usr/bin/python3', '-c', 'import httpx'], ['conformance/httpx-waits']],
]
const leftOut = needs.flatMap(([what, [program, ...args], tests]) => {
  if (spawnSync(program, args).status === 0) return []
  process.stderr.write(`${what} is not installed: ${tests.join(', ')} left out\n`)
  return tests.map((name) => `test/${name}.test.ts`)
})

/** `fast` is the inner loop; `flow` and `alone` use real sockets, processes and disks, mostly waiting for them. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/{tidy,unit}/**/*.test.ts'],
          // Not threads: V8 was seen to end the process where several of them let go of compiled code (`jit_page.has_value()`).
          pool: 'forks',
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'flow',
          include: ['test/{property,flow,security,conformance,simulate}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...leftOut, ...alone],
          sequence: { groupOrder: 1 },
          maxWorkers: 3,
          ...real,
        },
      },
      {
        test: {
          name: 'alone',
          include: alone,
          sequence: { groupOrder: 2 },
          fileParallelism: false,
          ...real,
        },
      },
    ],
  },
})
