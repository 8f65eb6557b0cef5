import { expect, test } from 'vitest'
import { firstProblem, formatProblems } from '../../../src/config/problems.ts'
import { isLoaded, loadConfig } from '../../../src/config/load.ts'
import { problemsOf, tempConfig } from '../../support/temp-config.ts'

const sha = 'a'.repeat(64)

test.each([
  [
    'an unknown key',
    'limits:\n  run: { dept_max: 3 }',
    'weir.yaml:2:10 limits.run.dept_max: unknown key, expected one of depth_max, laps_max, calls_max, fan_out_max, concurrency_max, wall_clock_ms, tokens_max, cost_micros_max; did you mean "depth_max"?',
  ],
  [
    'an unknown section',
    'gatewy: {}',
    'weir.yaml:1:1 gatewy: unknown key, expected one of gateway, state, identity, agents, tools, models, teams, policy, limits, timeouts, maximums, alerts, ledger, telemetry; did you mean "gateway"?',
  ],
  [
    'a word where a number belongs',
    'timeouts:\n  connect_ms: soon',
    'weir.yaml:2:15 timeouts.connect_ms: found "soon", expected a whole number from 10 to 60000',
  ],
  [
    'a number in quotes',
    'timeouts: { connect_ms: "30_00" }',
    'weir.yaml:1:25 timeouts.connect_ms: found "30_00", expected a whole number from 10 to 60000; did you mean "3000"?',
  ],
  [
    'a number that is too large',
    'timeouts: { connect_ms: 70000 }',
    'weir.yaml:1:25 timeouts.connect_ms: found 70000, expected a whole number from 10 to 60000',
  ],
  [
    'a fraction of a micro-dollar',
    'agents: { a: { price: { call_micros: 1.5 } } }',
    'weir.yaml:1:38 agents.a.price.call_micros: found 1.5, expected a whole number from 0 to 1000000000000',
  ],
  [
    'an empty value',
    'limits:\n  run:\n    depth_max:\n',
    'weir.yaml:3:15 limits.run.depth_max: found nothing, expected a whole number from 1 to 64, or { max, mode }',
  ],
  [
    'a limit in words',
    'limits: { run: { depth_max: "5" } }',
    'weir.yaml:1:29 limits.run.depth_max: found "5", expected a whole number from 1 to 64, or { max, mode }; did you mean "5"?',
  ],
  [
    'a limit without its number',
    'limits: { run: { depth_max: { mode: shadow } } }',
    'weir.yaml:1:18 limits.run.depth_max.max: is missing, expected a whole number from 1 to 64',
  ],
  [
    'an unknown mode',
    'limits: { run: { depth_max: { max: 5, mode: shadw } } }',
    'weir.yaml:1:45 limits.run.depth_max.mode: found "shadw", expected one of shadow, warn, enforce; did you mean "shadow"?',
  ],
  [
    'an unquoted version',
    'agents: { a: { versions: [1.0] } }',
    'weir.yaml:1:27 agents.a.versions[0]: found 1, expected one of 1.0, 0.3; did you mean "1.0"?',
  ],
  ['a list where a mapping belongs', 'agents: [a]', 'weir.yaml:1:1 agents: found a list, expected a mapping'],
  [
    'a name that is no slug',
    'agents: { My_Agent: {} }',
    'weir.yaml:1:11 agents.My_Agent: key "My_Agent", expected a slug: 1 to 63 characters of a-z, 0-9 and inner dashes; did you mean "my-agent"?',
  ],
  [
    'a URL of another scheme',
    'agents: { a: { url: "ftp://x/" } }',
    'weir.yaml:1:21 agents.a.url: found "ftp://x/", expected an http or https URL without credentials and fragment',
  ],
  [
    'a header of the connection',
    'agents: { a: { headers: { Host: x } } }',
    'weir.yaml:1:27 agents.a.headers.Host: key "Host", expected a header name that is not one of the connection or of Weir',
  ],
  [
    'a key of an agent nobody registered',
    `agents: { research: {} }\nidentity: { api_keys: [{ id: k, agent: reserch, sha256: ${sha} }] }`,
    'weir.yaml:2:40 identity.api_keys[0].agent: found "reserch", expected a name under agents; did you mean "research"?',
  ],
  [
    'a claim value of an agent nobody registered',
    'identity: { issuers: [{ issuer: "https://i", jwks: "https://i/k", agents: { w: nobody } }] }',
    'weir.yaml:1:80 identity.issuers[0].agents.w: found "nobody", expected a name under agents',
  ],
  [
    'a team that does not exist',
    'agents: { a: { team: insigths } }\nteams: { insights: {} }',
    'weir.yaml:1:22 agents.a.team: found "insigths", expected a name under teams; did you mean "insights"?',
  ],
  [
    'two keys of one name',
    `agents: { a: {} }\nidentity:\n  api_keys:\n    - { id: k, agent: a, sha256: ${sha} }\n    - { id: k, agent: a, sha256: ${'b'.repeat(64)} }`,
    'weir.yaml:5:13 identity.api_keys[1].id: the same as before, expected a different id for every row',
  ],
  [
    'API keys in production',
    `agents: { a: {} }\ngateway: { environment: prod }\nidentity: { api_keys: [{ id: k, agent: a, sha256: ${sha} }] }`,
    'weir.yaml:3:13 identity.api_keys: API keys in prod, expected issuers, or another gateway.environment',
  ],
  [
    'keys of an issuer fetched in clear text',
    'identity: { issuers: [{ issuer: "https://i", jwks: "http://i/k", agents: {} }] }',
    'weir.yaml:1:52 identity.issuers[0].jwks: found "http://i/k", expected file: and a path, or an https URL (http on loopback only)',
  ],
  [
    'a JWK Set that is not there',
    'identity: { issuers: [{ issuer: "https://i", jwks: "file:none.json", agents: {} }] }',
    'weir.yaml:1:52 identity.issuers[0].jwks: does not exist, expected a file with a JWK Set',
  ],
  [
    'an admin listener for everybody',
    'gateway: { admin_listen: "192.0.2.1:8081" }',
    'weir.yaml:1:26 gateway.admin_listen: found host 192.0.2.1, expected a loopback address such as 127.0.0.1',
  ],
  [
    'one port for both listeners',
    'gateway: { listen: "127.0.0.1:8081" }',
    'weir.yaml:1:1 gateway.admin_listen: found port 8081, expected another port than gateway.listen',
  ],
  [
    'every interface without a public URL',
    'gateway: { listen: "0.0.0.0:80" }',
    'weir.yaml:1:1 gateway.public_url: is missing, expected the URL callers use, because gateway.listen is every interface',
  ],
  [
    'a public URL with a path',
    'gateway: { public_url: "http://weir/api" }',
    'weir.yaml:1:24 gateway.public_url: found "http://weir/api", expected an http or https URL without a path',
  ],
  [
    'an issuer whose audience cannot be known',
    'gateway: { listen: "127.0.0.1:0" }\nidentity: { issuers: [{ issuer: "https://i", jwks: "https://i/k", agents: {} }] }',
    'weir.yaml:2:23 identity.issuers[0].audience: is missing, expected an audience, because gateway.listen has port 0',
  ],
  [
    'a depth that can never be reached',
    'limits: { run: { depth_max: 9 } }\nmaximums: { chain: 8 }',
    'weir.yaml:1:29 limits.run.depth_max: found 9, expected at most maximums.chain, which is 8',
  ],
  [
    'a policy directory that does not exist',
    'policy: { dir: policies }',
    'weir.yaml:1:16 policy.dir: does not exist, expected a directory of Cedar policies',
  ],
  ['a key twice', 'state: {}\nstate: {}', 'weir.yaml:2:1 duplicate key, expected every key once'],
  [
    'a quote that is not closed',
    'state: { dir: "x }',
    'weir.yaml:1:19 a character is missing, expected a closing quote, bracket or a colon',
  ],
  ['a tag', 'state: !thing {}', 'weir.yaml:1:8 an unknown tag, expected plain values'],
  [
    'a key that is the prototype',
    'agents: { __proto__: {} }',
    'weir.yaml:1:11 agents.__proto__: a key that is no word, expected a word',
  ],
  [
    'a variable that is not set',
    'agents: { a: { url: "${env:A_URL}" } }',
    'weir.yaml:1:21 agents.a.url: environment variable A_URL is not set, expected a value',
  ],
  [
    'a reference of an unknown kind',
    'agents: { a: { url: "${vault:x}" } }',
    'weir.yaml:1:21 agents.a.url: found an unknown reference, expected ${env:NAME} or ${file:path}',
  ],
  [
    'a file that is not there',
    'alerts: { webhooks: [{ url: "http://h/", secret: "${file:nope}" }] }',
    'weir.yaml:1:50 alerts.webhooks[0].secret: file nope cannot be read (ENOENT), expected a readable file',
  ],
  [
    'client certificates without a CA',
    'gateway: { tls: { cert: a, key: b, client_cert: required } }',
    'weir.yaml:1:12 gateway.tls.client_ca: is missing, expected a file of CAs, because client_cert is required',
  ],
  [
    'half a client certificate',
    'agents: { a: { credential: { cert: a.pem } } }',
    'weir.yaml:1:16 agents.a.credential.key: is missing, expected a path, for cert and key come together',
  ],
  [
    'a token from nowhere',
    'agents: { a: { credential: { mode: exchange, client_id: weir } } }',
    'weir.yaml:1:16 agents.a.credential.token_endpoint: is missing, expected a value, because mode is exchange',
  ],
  [
    'a secret in clear text',
    'agents: { a: { credential: { mode: exchange, client_id: weir, token_endpoint: "http://as.test/token" } } }',
    'weir.yaml:1:79 agents.a.credential.token_endpoint: found "http://as.test/token", expected an https URL (http on loopback only), without credentials and fragment',
  ],
  [
    'two credentials in one header',
    'agents: { a: { headers: { Authorization: x }, credential: { mode: client_credentials, client_id: weir, token_endpoint: "https://as.test/token" } } }',
    'weir.yaml:1:27 agents.a.headers.Authorization: beside a credential that writes it, expected no Authorization header, or credential.mode none',
  ],
])('%s is shown with its place', async (_what, text, line) => {
  expect(await problemsOf(text)).toEqual([line])
})

test('all mistakes come at once, in the order of the file', async () => {
  const lines = await problemsOf(
    'gateway: { engine: ews }\nagents:\n  Bad_One: { url: x, owner: "user:" }\n  b: { team: t, headers: { k: "${env:NO}" } }\nlimits: { mode: of }',
  )
  expect(lines.map((line) => /^weir\.yaml:(.*?):? /.exec(line.replace(' ', '_'))?.[1])).toEqual([
    '1:20_gateway.engine',
    '3:3_agents.Bad_One',
    '3:19_agents.Bad_One.url',
    '3:29_agents.Bad_One.owner',
    '4:14_agents.b.team',
    '4:31_agents.b.headers.k',
    '5:17_limits.mode',
  ])
})

test('a file that cannot be read is one problem with the path as it was given', async () => {
  const outcome = await loadConfig('/nowhere/weir.yaml', {})
  expect(isLoaded(outcome) || formatProblems(outcome, { color: false })).toBe(
    '/nowhere/weir.yaml:1:1 cannot be read (ENOENT), expected a readable configuration file\n',
  )
})

test('what a variable holds is never shown, whatever is wrong with it', async () => {
  const lines = await problemsOf('timeouts: { connect_ms: "${env:PIN}" }', { PIN: 'canary' })
  expect(lines).toEqual([
    'weir.yaml:1:25 timeouts.connect_ms: found what ${env:PIN} holds, expected a whole number from 10 to 60000',
  ])
})

test.each([
  ['a secret that is no text', 'alerts: { webhooks: [{ url: "http://h/", secret: 4711 }] }', '4711'],
  ['a URL with a password', 'agents: { a: { url: "http://u:canary@h/" } }', 'canary'],
  ['a hash of a key', `agents: { a: {} }\nidentity: { api_keys: [{ id: k, agent: a, sha256: canary }] }`, 'canary'],
  ['a quote left open after a secret', 'alerts: { webhooks: [{ secret: "canary }] }', 'canary'],
  ['an unknown key for a secret', 'secret: canary', 'canary'],
])('the problem with %s does not show it', async (_what, text, canary) => {
  const lines = await problemsOf(text)
  expect(lines).not.toEqual([])
  expect(lines.join('\n')).not.toContain(canary)
})

test('no value can become syntax, because references are replaced after parsing', async () => {
  const lines = await problemsOf('agents: { a: { description: "${env:TEXT}" } }', { TEXT: 'x" }, b: { url: nope } #' })
  expect(lines).toEqual([])
})

test('control characters of the file do not reach the terminal', async () => {
  const [line = ''] = await problemsOf('gateway: { engine: "\\e[31mred\\u202e" }')
  expect(line).toContain('found "\\u001b[31mred\\u202e"')
})

test('colour is only added where it is wanted', async () => {
  await using config = await tempConfig('state: 1')
  const outcome = await loadConfig(config.path, {})
  if (isLoaded(outcome)) throw new Error('the file has a problem')
  expect(formatProblems(outcome, { color: true })).toContain('\u001b[31m')
  expect(formatProblems(outcome, { color: false })).not.toContain('\u001b')
})

test('a command that only needs a configuration names one mistake on one line, and who tells the others', () => {
  const problem = {
    file: 'weir.yaml',
    line: 4,
    col: 2,
    path: 'a',
    message: 'is missing',
    expected: 'b',
    suggestion: null,
  }
  expect(firstProblem([problem], 'x/weir.yaml')).toBe('weir.yaml:4:2 a: is missing, expected b')
  expect(firstProblem([problem, problem, problem], 'x/weir.yaml')).toBe(
    'weir.yaml:4:2 a: is missing, expected b; and 2 more: weir check x/weir.yaml',
  )
})
