/** The real thread pool: it signs, verifies, refuses what is too much and ends without hanging. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openProver } from '../../src/identity/proofs/prover.ts'
import { openProofPool } from '../../src/threads/pool.ts'
import { ownKeys } from '../support/identity-kit.ts'

const keys = ownKeys()
const root = join(import.meta.dirname, '..', '..')

test('what one thread signs another verifies, and a changed byte does not hold', async () => {
  const pool = openProofPool({ keySlot: keys.ring.slot })
  const prover = openProver(pool.runProofs, { queue_max: 1024 })
  const header = Buffer.from('{"alg":"ES256"}').toString('base64url')
  const tokens = await Promise.all(
    Array.from(
      { length: 200 },
      async (_, n) =>
        await prover.sign({
          kid: keys.kid,
          input: `${header}.${Buffer.from(`{"n":${n}}`).toString('base64url')}`,
        }),
    ),
  )
  const { x, y } = keys.jwks.keys[0] ?? {}
  const key = JSON.stringify({ kty: 'EC', crv: 'P-256', x, y })
  const verify = async (token: unknown) =>
    await prover.verify({ raw: typeof token === 'string' ? token : '', alg: 'ES256', key })
  expect(new Set(await Promise.all(tokens.map(verify)))).toEqual(new Set([true]))
  expect(await verify(JSON.stringify(tokens[0]).slice(1, -1).replace('.eyJuI', '.eyJuJ'))).toBe(false)
  await pool.close()
  expect(await prover.sign({ kid: keys.kid, input: 'a.b' })).toMatchObject({ code: 'busy' })
})

test('a pool that was opened and used lets the process end, closed or not', () => {
  for (const end of ['await pool.close()', '']) {
    const script = `
      import { openProofPool } from './src/threads/pool.ts'
      const pool = openProofPool({ keySlot: null })
      const [held] = await pool.runProofs([{ kind: 'verify', raw: 'a.b.c', alg: 'ES256', key: '{}' }])
      process.stdout.write(String(held))
      ${end}`
    const ran = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      cwd: root,
      timeout: 20_000,
    })
    expect([ran.status, ran.stdout.toString()]).toEqual([0, 'false'])
  }
})
