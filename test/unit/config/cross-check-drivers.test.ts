import { expect, test } from 'vitest'
import { isLoaded, loadConfig } from '../../../src/config/load.ts'
import { problemsOf, tempConfig } from '../../support/temp-config.ts'

const arn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my_agent-AbCdEf1234'

test.each([
  [
    'a framework without what it cannot do without',
    'agents: { a: { driver: { kind: langgraph } } }',
    'weir.yaml:1:16 agents.a.driver.assistant_id: is missing, expected a value, because kind is langgraph',
  ],
  [
    'an option of another framework',
    'agents: { a: { driver: { kind: vertex, assistant_id: x } } }',
    'weir.yaml:1:40 agents.a.driver.assistant_id: an option that kind vertex does not have, expected it with kind langgraph only',
  ],
  [
    'an option of a framework where none is named',
    'agents: { a: { driver: { agent_name: x } } }',
    'weir.yaml:1:26 agents.a.driver.agent_name: an option that kind a2a does not have, expected it with kind foundry only',
  ],
  [
    'half a pair of keys',
    `agents: { a: { driver: { kind: agentcore, runtime_arn: "${arn}", access_key_id: AKIDEXAMPLE } } }`,
    'weir.yaml:1:16 agents.a.driver.secret_access_key: is missing, expected a value, because access_key_id is there',
  ],
  [
    'keys without a region',
    'agents: { a: { driver: { access_key_id: AKIDEXAMPLE, secret_access_key: s } } }',
    'weir.yaml:1:16 agents.a.driver.region: is missing, expected a value, because access_key_id is there',
  ],
  [
    'keys beside another credential',
    'agents: { a: { headers: { Authorization: x }, driver: { access_key_id: AKIDEXAMPLE, secret_access_key: s, region: us-west-2 } } }',
    'weir.yaml:1:57 agents.a.driver.access_key_id: beside another credential, expected no Authorization header and credential.mode none, or no keys to sign with',
  ],
  [
    'a kind that is misspelt, and nothing more about it',
    'agents: { a: { driver: { kind: langraph } } }',
    'weir.yaml:1:32 agents.a.driver.kind: found "langraph", expected one of a2a, fasta2a, langgraph, agentcore, foundry, vertex; did you mean "langgraph"?',
  ],
  [
    'a template that is no object',
    'agents: { a: { driver: { kind: agentcore, request_template: "[]" } } }',
    'weir.yaml:1:61 agents.a.driver.request_template: found "[]", expected a JSON object in a text',
  ],
])('%s is a problem with its place', async (_, yaml, problem) => {
  expect(await problemsOf(yaml)).toEqual([problem])
})

test('an agent without a driver speaks A2A, and the region of keys may stand in the ARN', async () => {
  const keys = `runtime_arn: "${arn}", access_key_id: AKIDEXAMPLE, secret_access_key: hidden`
  await using config = await tempConfig(`agents: { a: {}, b: { driver: { kind: agentcore, ${keys} } } }`)
  const loaded = await loadConfig(config.path, {})
  if (!isLoaded(loaded)) throw new Error('it did not load')
  const [plain, core] = [...loaded.settings.agents.values()].map(({ driver }) => driver)
  expect(plain).toEqual({ kind: 'a2a', aws: null })
  expect(core).toMatchObject({
    runtime_arn: arn,
    qualifier: 'DEFAULT',
    prompt_pointer: '/prompt',
    aws: { region: 'us-west-2' },
  })
  expect(JSON.stringify(core)).not.toContain('hidden')
})
