import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../../src/base/clock.ts'
import { countingDice } from '../../../../src/base/dice.ts'
import type { JsonObject } from '../../../../src/base/json.ts'
import type { ToolCredentialSettings, ToolServerSettings } from '../../../../src/config/settings-tools.ts'
import { anything } from '../../../../src/domain/authority.ts'
import { isDenial } from '../../../../src/domain/verdict.ts'
import { pairwiseWith } from '../../../../src/identity/outbound/pairwise.ts'
import {
  openToolCredentials,
  type SpeakerCredentials,
  type SpeaksFor,
} from '../../../../src/identity/outbound/tool-credentials.ts'
import { Outside } from '../../../../src/relay/wire/outside.ts'
import { connectorIn } from '../../../support/connector.ts'
import { agentId } from '../../../support/hop.ts'
import { proofOf } from '../../../support/principals.ts'
import { loadedOf } from '../../../support/temp-config.ts'
import { person } from '../../../support/token-endpoint.ts'

const text = 'tools: { servers: { files: { url: "https://tools.test/mcp" } } }'
const row = (await loadedOf(text)).settings.tools.servers.get('files')
if (!row) throw new Error('there is one server')
const server = (change: Partial<ToolCredentialSettings>): ToolServerSettings => ({
  ...row,
  credential: { ...row.credential, token_endpoint: 'https://as.test/token', client_id: 'weir', ...change },
})

const caller = (name: string): SpeaksFor => ({
  principal: { proof: proofOf(agentId('agent:console'), person(name)), delegation: null },
  authority: anything,
})

interface Bench {
  readonly forms: URLSearchParams[]
  readonly signed: JsonObject[]
  speak(change: Partial<ToolCredentialSettings>, who: SpeaksFor | null): SpeakerCredentials
}

function bench(status = 200): Bench {
  const forms: URLSearchParams[] = []
  const signed: JsonObject[] = []
  const fetch = async (_url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    forms.push(new URLSearchParams(init?.body as URLSearchParams))
    const token = `token-${forms.length}`
    return Response.json(
      { access_token: token, token_type: 'Bearer', expires_in: 120, error: 'invalid_client' },
      { status },
    )
  }
  const sign = async (_typ: string, claims: JsonObject): Promise<string> => `jwt-${signed.push(claims)}`
  const world = { clock: new ManualClock(), dice: countingDice() }
  const outside = new Outside({ allow_private: [], connect_ms: 100 })
  const connector = connectorIn(mkdtempSync(join(tmpdir(), 'weir-tools-')), { ...world, outside })
  const credentials = openToolCredentials(
    { publicUrl: 'https://weir.test', partners: [], people: [], pools: 16 },
    { ...world, sign, pairwise: pairwiseWith(Buffer.alloc(32)), fetch, connector },
  )
  return { forms, signed, speak: (change, who) => credentials.speakerCredentials(server(change), who) }
}

const bearer = (token: string) => [['authorization', `Bearer ${token}`]]

test('nothing is proved where nothing is asked for', async () => {
  const { speak, forms } = bench()
  const speaker = speak({ mode: 'none' }, caller('ann'))
  expect(speaker.credentials()).toEqual([])
  expect(await speaker.challenged(401, null)).toMatchObject({ code: 'upstream_unavailable' })
  expect(forms).toEqual([])
})

test('a token of our own is for this server, one for all callers, and fetched anew where it is refused', async () => {
  const { speak, forms } = bench()
  const [ann, weir] = [
    speak({ mode: 'client_credentials' }, caller('ann')),
    speak({ mode: 'client_credentials' }, null),
  ]
  expect(await ann.credentials()).toEqual(bearer('token-1'))
  expect(await weir.credentials()).toEqual(bearer('token-1'))
  expect(forms[0]?.get('resource')).toBe('https://tools.test/mcp')
  expect(await ann.challenged(401, null)).toEqual(bearer('token-2'))
  expect(await weir.credentials()).toEqual(bearer('token-2'))
  expect(isDenial(await ann.challenged(403, null))).toBe(true)
})

test('an exchanged token is for one person, and says who acts for them', async () => {
  const { speak, forms, signed } = bench()
  const mode = 'exchange'
  expect(await speak({ mode }, caller('ann')).credentials()).toEqual(bearer('token-1'))
  expect(await speak({ mode }, caller('ben')).credentials()).not.toEqual(bearer('token-1'))
  const [form] = forms
  expect(form?.get('grant_type')).toMatch(/token-exchange$/)
  expect(form?.get('resource')).toBe('https://tools.test/mcp')
  expect(signed[0]).toMatchObject({
    iss: 'https://weir.test',
    aud: 'https://as.test/token',
    sub: 'user:ann',
    sub_profile: 'user',
    act: { sub: 'agent:console' },
  })
})

test('a grant is for a person, so Weir has none for itself', async () => {
  const { speak, signed } = bench()
  const change = { mode: 'grant', issuer: 'https://as.test' } as const
  expect(await speak(change, null).credentials()).toMatchObject({ code: 'policy_denied' })
  expect(await speak(change, caller('ann')).credentials()).toMatchObject(bearer('token-1'))
  expect(signed[0]).toMatchObject({ aud: 'https://as.test', client_id: 'weir' })
})

test('what an authorization server refuses is a refusal, and it rests before it is asked again', async () => {
  const { speak, forms } = bench(401)
  const speaker = speak({ mode: 'client_credentials' }, caller('ann'))
  expect(await speaker.credentials()).toMatchObject({ code: 'upstream_unavailable' })
  expect(await speaker.credentials()).toMatchObject({ code: 'upstream_unavailable' })
  expect(forms).toHaveLength(1)
})

test('without a person there is nobody who could connect', async () => {
  const speaker = bench().speak({ mode: 'user' }, null)
  expect(await speaker.credentials()).toEqual([])
  expect(await speaker.challenged(401, 'Bearer')).toMatchObject({ code: 'upstream_unavailable' })
})
