import { expect, test } from 'vitest'
import type { AgentSettings } from '../../../src/config/settings.ts'
import { poolSettings } from '../../../src/relay/pool/settings.ts'
import { agentId } from '../../support/hop.ts'
import { loadedOf, problemsOf } from '../../support/temp-config.ts'

test('the instances of an agent begin with its url, and every one knows whether it drains', async () => {
  const text = `agents:
  none: {}
  one: { url: "http://a/" }
  two: { url: "http://a/", instances: ["http://b/", { url: "http://c/", drain: true }] }
  three: { instances: [{ url: "http://d/" }, "http://e/"], fallback: one, resilience: { attempts_max: 1 } }`
  const { settings } = await loadedOf(text)
  const of = (slug: string): AgentSettings | undefined => settings.agents.get(agentId(`agent:${slug}`))
  expect([of('none')?.url, of('none')?.instances]).toEqual([null, []])
  expect(of('one')?.instances).toEqual([{ url: 'http://a/', drain: false }])
  expect(of('two')?.instances).toEqual([
    { url: 'http://a/', drain: false },
    { url: 'http://b/', drain: false },
    { url: 'http://c/', drain: true },
  ])
  expect(of('three')).toMatchObject({ url: 'http://d/', fallback: 'agent:one', idempotent_sends: false })
  const three = of('three')
  expect(three && poolSettings(three)).toMatchObject({
    agent: 'agent:three',
    shared_task_store: false,
    resilience: { attempts_max: 1, eject_ms: 10_000 },
  })
})

test('64 instances are as many as there may be, the url among them', async () => {
  const list = (count: number): string => JSON.stringify(Array.from({ length: count }, (_, i) => `http://i${i}/`))
  expect(await problemsOf(`agents: { a: { instances: ${list(64)} } }`)).toEqual([])
  expect(await problemsOf(`agents: { a: { url: "http://x/", instances: ${list(63)} } }`)).toEqual([])
  for (const row of [`url: "http://x/", instances: ${list(64)}`, `instances: ${list(65)}`]) {
    const [problem] = await problemsOf(`agents: { a: { ${row} } }`)
    expect(problem).toMatch(/agents\.a\.instances: found .*, expected .*at most 64/)
  }
})

test('fallbacks that lead in a circle are found from every agent of it, and of no other', async () => {
  const rows = ['a: b', 'b: c', 'c: b'].map((row) => {
    const [slug, fallback] = row.split(': ')
    return `${slug}: { url: "http://${slug}/", fallback: ${fallback} }`
  })
  const problems = await problemsOf(`agents: { ${rows.join(', ')} }`)
  expect(problems.map((line) => /agents\.(\w)\.fallback/.exec(line)?.[1])).toEqual(['b', 'c'])
})

test.each([
  [
    'an instance twice, however it is spelled',
    'agents: { a: { url: "http://x", instances: ["http://y/", { url: "http://X:80/" }] } }',
    'weir.yaml:1:65 agents.a.instances[1].url: the same as before, expected a different URL for every instance',
  ],
  [
    'an instance that is no URL',
    'agents: { a: { instances: ["x"] } }',
    'weir.yaml:1:28 agents.a.instances[0]: found "x", expected a URL, or { url, drain }',
  ],
  [
    'an unknown key of an instance',
    'agents: { a: { instances: [{ url: "http://x/", drian: true }] } }',
    'weir.yaml:1:48 agents.a.instances[0].drian: unknown key, expected one of url, drain; did you mean "drain"?',
  ],
  [
    'a fallback that nobody registered',
    'agents: { research: { url: "http://x/" }, a: { url: "http://y/", fallback: reserch } }',
    'weir.yaml:1:76 agents.a.fallback: found "reserch", expected a name under agents; did you mean "research"?',
  ],
  [
    'a fallback that cannot be called',
    'agents: { a: { url: "http://x/", fallback: b }, b: {} }',
    'weir.yaml:1:44 agents.a.fallback: b cannot be called, expected an agent with a url or instances',
  ],
  [
    'a fallback of an agent that cannot be called',
    'agents: { a: { fallback: b }, b: { url: "http://x/" } }',
    'weir.yaml:1:16 agents.a.fallback: beside no url and no instances, expected an agent that can be called',
  ],
  [
    'an agent that is its own fallback',
    'agents: { a: { url: "http://x/", fallback: a } }',
    'weir.yaml:1:44 agents.a.fallback: a leads back to it, expected fallbacks that end',
  ],
])('%s is one problem', async (_what, text, problem) => {
  expect(await problemsOf(text)).toEqual([problem])
})
