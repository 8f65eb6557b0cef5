import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isLoaded, loadConfig } from '../../src/config/load.ts'
import { check } from '../../src/tools.ts'
import { root } from './source.ts'

const page = readFileSync(join(root, 'docs/guides/work-with-a-partner.md'), 'utf8')

function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((found) => found[1] ?? '')
}

const [ours = '', theirs = ''] = blocks('yaml')

/** A folder with this configuration, and the shipped policies with the one of the page. */
function folderOf(config: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-partner-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  cpSync(join(root, 'config', 'policy'), join(dir, 'policy'), { recursive: true })
  writeFileSync(join(dir, 'policy', 'partner.cedar'), blocks('cedar').join('\n'))
  writeFileSync(join(dir, 'weir.yaml'), config)
  return join(dir, 'weir.yaml')
}

test.each([
  ['calls', ours],
  ['is called', theirs],
])('the configuration of the side that %s holds, with the policy of the page', async (_side, config) => {
  expect(await check(folderOf(config), { color: false })).toMatchObject({ ok: true, problems: [] })
})

test('the two sides of the page are about each other', async () => {
  const [acme, globex] = [await loadConfig(folderOf(ours), {}), await loadConfig(folderOf(theirs), {})]
  if (!isLoaded(acme) || !isLoaded(globex)) throw new Error('the test before says why')
  const [credential] = [...acme.settings.agents.values()].map((row) => row.credential)
  const [partner] = globex.settings.identity.partners
  const url = globex.settings.gateway.public_url
  expect(credential).toMatchObject({ mode: 'grant', issuer: url, audience: `${url}/a2a/desk` })
  expect(partner?.issuer).toBe(acme.settings.gateway.public_url)
  expect(partner?.clients[credential?.client_id ?? '']).toBe('agent:acme')
})
