import { spawnSync } from 'node:child_process'
import { configDefaults, defineConfig } from 'vitest/config'

const real = { pool: 'forks' as const, testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false }

/** What some tests need beside Node; where it is missing they are left out, and it is said. */
const needs: Readonly<Record<string, readonly string[]>> = {
  openssl: ['certificates-prove-agents', 'mtls', 'upstream-mtls'],
  curl: ['guide-gets-a-token'],
}
const leftOut = Object.entries(needs).flatMap(([program, names]) => {
  if (!spawnSync(program, ['--version']).error) return []
  process.stderr.write(`${program} is not installed: ${names.join(', ')} left out\n`)
  return names.map((name) => `test/flow/${name}.test.ts`)
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
