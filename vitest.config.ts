import { spawnSync } from 'node:child_process'
import { configDefaults, defineConfig } from 'vitest/config'

const real = { pool: 'forks' as const, testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false }

/** What some tests need beside Node; where it is missing they are left out, and it is said. */
const needs: readonly (readonly [what: string, how: readonly [string, ...string[]], tests: readonly string[]])[] = [
  ['openssl', ['openssl', 'version'], ['flow/certificates-prove-agents', 'flow/mtls', 'flow/upstream-mtls']],
  ['curl', ['curl', '--version'], ['flow/guide-gets-a-token']],
  ['python3-httpx', ['/usr/bin/python3', '-c', 'import httpx'], ['conformance/httpx-waits']],
]
const leftOut = needs.flatMap(([what, [program, ...args], tests]) => {
  if (spawnSync(program, args).status === 0) return []
  process.stderr.write(`${what} is not installed: ${tests.join(', ')} left out\n`)
  return tests.map((name) => `test/${name}.test.ts`)
})

/** `fast` is the inner loop; `flow` uses real sockets, processes and disks and runs one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/{tidy,unit}/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'flow',
          include: ['test/{property,flow,security,conformance,simulate}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...leftOut],
          ...real,
        },
      },
    ],
  },
})
