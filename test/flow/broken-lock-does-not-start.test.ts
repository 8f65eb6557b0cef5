import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serveOnce } from '../support/weir-once.ts'
import { writeConfig } from '../support/weir.ts'

test('a lock file that a merge has broken does not let Weir start, and the place is named', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-broken-lock-'))
  try {
    const lock_file = join(dir, 'tools.lock')
    writeFileSync(lock_file, '{\n  "v": 1,\n<<<<<<< HEAD\n  "tools": {}\n}\n')
    const config = writeConfig({ agents: { console: {} }, tools: { approval: 'lock', lock_file } }, dir)
    const { code, stderr } = await serveOnce(config)
    expect(code).toBe(78)
    expect(stderr).toContain(`${lock_file}:3:1 a merge that nobody finished`)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
