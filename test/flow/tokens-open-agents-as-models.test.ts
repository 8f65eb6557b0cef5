/** At /v1 a token for it is good for agents as far as its authority goes, and one for an agent for that agent. */
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { policyOpen } from '../support/loop.ts'
import { startTalkingAgent, type TalkingAgent } from '../support/talking-agent.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

const origin = 'http://weir.test'
let agent: TalkingAgent
let weir: Weir

beforeAll(async () => {
  agent = await startTalkingAgent()
  weir = await startWeir({
    policy: { dir: policyOpen },
    identity: { api_keys: [apiKey('console')] },
    models: { providers: { fake: { api: 'fake', models: { echo: { price: { input: 2, output: 10 } } } } } },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true, client: { autonomous: true } },
      research: { url: agent.url },
      writer: { url: agent.url },
    },
  })
})

afterAll(async () => {
  await weir?.stop()
  await agent?.stop()
})

/** What an answer to a call with a token for that resource is: the text, or the status of the refusal and its code. */
async function asked(params: Record<string, string>, model: string): Promise<unknown> {
  const answer = await fetch(`${weir.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf('console')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...params }),
  })
  const { access_token = '' } = (await answer.json()) as { access_token?: string }
  const client = new OpenAI({ apiKey: access_token, baseURL: `${weir.url}/v1` })
  return await client.responses.create({ model, input: 'hello' }).then(
    ({ output_text }) => output_text,
    (error: unknown) => (error instanceof OpenAI.APIError ? [error.status, error.code] : error),
  )
}

test('a token for the models is good for an agent, unless its scope is the models alone', async () => {
  const resource = `${origin}/v1`
  expect(await asked({ resource }, 'a2a/research')).toBe('turn 1: hello')
  expect(await asked({ resource, scope: 'agent:invoke' }, 'a2a/writer')).toBe('turn 1: hello')
  expect(await asked({ resource, scope: 'model:use' }, 'a2a/research')).toEqual([403, 'scope_missing'])
})

test('a token for an agent is good for that agent as a model, and for nothing else there', async () => {
  const resource = `${origin}/a2a/research`
  expect(await asked({ resource }, 'a2a/research')).toBe('turn 1: hello')
  expect(await asked({ resource }, 'a2a/writer')).toEqual([401, 'unauthenticated'])
  expect(await asked({ resource }, 'fake/echo')).toEqual([401, 'unauthenticated'])
})
