import { defineConfig } from 'vitest/config'

const real = { pool: 'forks' as const, testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false }

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
      { test: { name: 'flow', include: ['test/{property,flow,security,conformance,simulate}/**/*.test.ts'], ...real } },
    ],
  },
})
