/** A run is played through a real gateway, which is stopped; what it left proves every hop to somebody with Node alone. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { HopAccount, RunChain } from '../../src/domain/evidence.ts'
import { playOffice, runNode, runWeir } from '../support/evidence.ts'

test('one command answers for a refused hop, and the bundle of its run holds in an empty folder', async () => {
  const office = await playOffice()
  const hop = await runWeir('hop', office.refused, '--json', '--config', office.config)
  console.log((await runWeir('hop', office.refused, '--config', office.config)).stdout, hop.stderr)
  const account = JSON.parse(hop.stdout) as HopAccount
  console.log(JSON.stringify(account, null, 1))
  const out = join(mkdtempSync(join(tmpdir(), 'weir-auditor-')), 'evidence')
  onTestFinished(() => rmSync(join(out, '..'), { recursive: true }))
  const made = await runWeir('runs', 'chain', office.run, '--out', out, '--config', office.config)
  console.log(made)
  const bundle = JSON.parse(readFileSync(join(out, 'bundle.json'), 'utf8')) as RunChain
  console.log(JSON.stringify(bundle.grants, null, 1))
  const verdict = await runNode(out, 'verify-chain.mjs', 'bundle.json', '--jwks', 'jwks.json')
  console.log(verdict.stdout, verdict.stderr)
  console.log((await runWeir('token', 'inspect', bundle.tokens.at(-1)?.token ?? '', '--config', office.config)).stdout)
  expect(verdict.code).toBe(0)
}, 60_000)
