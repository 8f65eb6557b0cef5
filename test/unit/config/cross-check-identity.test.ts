import { expect, test } from 'vitest'
import { problemsOf } from '../../support/temp-config.ts'

test.each([
  [
    'a type of authority nobody registered',
    'agents: { a: { client: { authorization_details: [{ type: agent_invok }] } } }',
    'weir.yaml:1:58 agents.a.client.authorization_details[0].type: found a text, expected one of agent_invoke, mcp_tool, mcp_resource, model_use, http_api, db_query; did you mean "agent_invoke"?',
  ],
  [
    'an authority without a type',
    'agents: { a: { client: { authorization_details: [{ tools: [x] }] } } }',
    'weir.yaml:1:50 agents.a.client.authorization_details[0].type: is missing, expected one of agent_invoke, mcp_tool, mcp_resource, model_use, http_api, db_query',
  ],
  [
    'a constraint the type does not know',
    'agents: { a: { client: { authorization_details: [{ type: mcp_tool, tool: [x] }] } } }',
    'weir.yaml:1:68 agents.a.client.authorization_details[0].tool: unknown key, expected one of server, tools, args; did you mean "tools"?',
  ],
  [
    'an argument that is no pointer',
    'agents: { a: { client: { authorization_details: [{ type: mcp_tool, args: { limit: { max: 1 } } }] } } }',
    'weir.yaml:1:76 agents.a.client.authorization_details[0].args.limit: key "limit", expected a JSON pointer of at most 256 characters, such as /limit',
  ],
  [
    'a ceiling of a person below zero',
    'identity:\n  people:\n    - issuer: https://i\n      jwks: https://i/k\n      clients: {}\n      authorization_details:\n        - { type: mcp_tool, args: { /limit: { max: -1 } } }',
    'weir.yaml:7:52 identity.people[0].authorization_details[0].args./limit.max: found -1, expected a whole number from 0 to 9007199254740991',
  ],
  [
    'a list of a partner that is a text',
    'identity: { partners: [{ issuer: "https://i", jwks: "https://i/k", clients: {}, person_prefix: p, authorization_details: [{ type: agent_invoke, targets: a }] }] }',
    'weir.yaml:1:154 identity.partners[0].authorization_details[0].targets: found a text, expected a list of at most 256 items, each the slug of an agent',
  ],
  [
    'a detail that is no mapping',
    'agents: { a: { client: { authorization_details: [everything] } } }',
    'weir.yaml:1:50 agents.a.client.authorization_details[0]: found "everything", expected a mapping',
  ],
  [
    'a workload that its sub does not name',
    'agents: { a: {} }\nidentity: { issuers: [{ issuer: "https://i", jwks: "https://i/k", workloads: [{ agent: a, claims: { ns: x } }] }] }',
    'weir.yaml:2:91 identity.issuers[0].workloads[0].claims.sub: is missing, expected the exact sub claim, because no other names one workload',
  ],
  [
    'a SPIFFE ID that two agents claim',
    'agents: { a: { client: { spiffe_id: "spiffe://t/x" } }, b: { client: { spiffe_id: "spiffe://t/x" } } }',
    'weir.yaml:1:83 agents.b.client.spiffe_id: the same as of agent "a", expected what is one agent only',
  ],
  [
    'a certificate that two agents claim',
    `agents:\n  a: { client: { cert_sha256: [${'a'.repeat(64)}] } }\n  b: { client: { cert_sha256: [${'b'.repeat(64)}, ${'a'.repeat(64)}] } }`,
    'weir.yaml:3:98 agents.b.client.cert_sha256[1]: the same as of agent "a", expected what is one agent only',
  ],
  [
    'a credential without a token endpoint',
    'agents: { a: { credential: { mode: exchange, client_id: w } } }',
    'weir.yaml:1:16 agents.a.credential.token_endpoint: is missing, expected a value, because mode is exchange',
  ],
  [
    'a credential without a client id',
    'agents: { a: { credential: { mode: client_credentials, token_endpoint: "https://t/" } } }',
    'weir.yaml:1:16 agents.a.credential.client_id: is missing, expected a value, because mode is client_credentials',
  ],
  [
    'a secret sent in clear text',
    'agents: { a: { credential: { token_endpoint: "http://t/" } } }',
    'weir.yaml:1:46 agents.a.credential.token_endpoint: found "http://t/", expected an https URL (http on loopback only), without credentials and fragment',
  ],
  [
    'a client certificate without its key',
    'agents: { a: { credential: { cert: a.pem } } }',
    'weir.yaml:1:16 agents.a.credential.key: is missing, expected a path, for cert and key come together',
  ],
  [
    'client certificates that chain to nobody',
    'gateway: { tls: { cert: c.pem, key: k.pem, client_cert: required } }',
    'weir.yaml:1:12 gateway.tls.client_ca: is missing, expected a file of CAs, because client_cert is required',
  ],
  [
    'an issuer that is Weir itself',
    'gateway: { public_url: "https://weir.example" }\nidentity: { issuers: [{ issuer: "https://WEIR.example/", jwks: "https://i/k" }] }',
    'weir.yaml:2:33 identity.issuers[0].issuer: the same as gateway.public_url, expected an issuer that is not Weir itself',
  ],
  [
    'an issuer with the URL that is made of listen',
    'identity: { signals: [{ issuer: "http://127.0.0.1:8080", jwks: "https://i/k" }] }',
    'weir.yaml:1:33 identity.signals[0].issuer: the same as gateway.public_url, expected an issuer that is not Weir itself',
  ],
])('%s is shown with its place', async (_what, text, line) => {
  expect(await problemsOf(text)).toEqual([line])
})

test('what a variable holds is not shown, even where an authority has no place for it', async () => {
  const text = 'agents: { a: { client: { authorization_details: [{ type: "${env:KIND}", tools: "${env:KIND}" }] } } }'
  const lines = await problemsOf(text, { KIND: 'canary' })
  expect(lines).toHaveLength(1)
  expect(lines.join()).not.toContain('canary')
})

test('an authority with more values than one may hold is shown where it becomes too much', async () => {
  const detail = `{ type: mcp_tool, tools: [${Array.from({ length: 256 }, (_, i) => `t${i}`).join(', ')}] }`
  const [line] = await problemsOf(
    `agents:\n  a:\n    client:\n      authorization_details:\n${`      - ${detail}\n`.repeat(4)}`,
  )
  expect(line).toBe(
    'weir.yaml:8:9 agents.a.client.authorization_details[3]: found a mapping, expected at most 1024 values in all details together',
  )
})

test('every detail is judged at once, and where the table has spoken the cross-check is silent', async () => {
  const lines = await problemsOf(
    'agents: { a: { client: { authorization_details: [{ type: x }, 1, { type: y }] } } }\nidentity: { issuers: [{ issuer: "https://i", jwks: "https://i/k", workloads: [{ agent: a, claims: }] }] }',
  )
  expect(lines.map((line) => line.split(' ')[1])).toEqual([
    'agents.a.client.authorization_details[0].type:',
    'agents.a.client.authorization_details[1]:',
    'agents.a.client.authorization_details[2].type:',
    'identity.issuers[0].workloads[0].claims:',
  ])
})

test.each([
  ['a token endpoint on loopback', 'agents: { a: { credential: { token_endpoint: "http://127.0.0.1:1/" } } }'],
  ['cert and key together', 'agents: { a: { credential: { cert: a.pem, key: a.key } } }'],
  ['no client certificates and no CA', 'gateway: { tls: { cert: c.pem, key: k.pem } }'],
  [
    'a workload with its sub',
    'agents: { a: {} }\nidentity: { issuers: [{ issuer: "https://i", jwks: "https://i/k", workloads: [{ agent: a, claims: { sub: x } }] }] }',
  ],
  [
    'the certificate of an agent, written twice',
    `agents: { a: { client: { cert_sha256: [${'a'.repeat(64)}, ${'a'.repeat(64)}] } } }`,
  ],
  [
    'an issuer below our origin',
    'gateway: { public_url: "https://w" }\nidentity: { signals: [{ issuer: "https://w/idp", jwks: "https://w/k" }] }',
  ],
])('%s is right', async (_what, text) => {
  expect(await problemsOf(text)).toEqual([])
})
