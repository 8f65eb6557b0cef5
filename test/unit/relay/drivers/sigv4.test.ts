import { expect, test } from 'vitest'
import { Secret } from '../../../../src/config/secret.ts'
import { signRequest } from '../../../../src/relay/drivers/sigv4.ts'
import type { Outbound } from '../../../../src/relay/wire/transport.ts'

const aws = {
  region: 'us-west-2',
  access_key_id: 'AKIDEXAMPLE',
  secret_access_key: new Secret('secret'),
  session_token: new Secret('tok'),
}
const facts = { aws, service: 'bedrock-agentcore', now: new Date('2026-11-21T01:43:17.999Z') }
const runtime = '/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2Fmy_agent-AbCdEf1234'
const session = ['x-amzn-bedrock-agentcore-runtime-session-id', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']
const agent = ['x-amz-user-agent', 'aws-sdk-js/3.1140.0', 'amz-sdk-request', 'attempt=1; max=1']

/** What the SDK of AWS (JavaScript, 3.1140) sent, as it was recorded. */
const sent: Outbound = {
  method: 'POST',
  origin: 'http://127.0.0.1:41310',
  path: `${runtime}/invocations?qualifier=DEFAULT`,
  headers: [
    ['content-type', 'application/json', 'accept', 'text/event-stream, application/json', ...session],
    ['x-amzn-bedrock-agentcore-runtime-user-id', 'u1', 'baggage', 'run=1', 'content-length', '15', ...agent],
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['amz-sdk-invocation-id', '9e5b3b6e-28d1-4848-b868-9a3a9e5bcfbe'],
  ].flat(),
  body: Buffer.from('{"prompt":"hi"}'),
  tls: null,
}

function header({ headers }: Outbound, name: string): string | undefined {
  return headers[headers.indexOf(name) + 1]
}

test('a request is signed as the SDK of AWS signs it', () => {
  const signed = signRequest(sent, facts)
  expect(header(signed, 'x-amz-date')).toBe('20261121T014317Z')
  expect(header(signed, 'x-amz-content-sha256')).toBe(
    '14479f4e87d340fe0ca0d522d87a5b3a028ebb1af24fbb8d3ef4553044fc6db6',
  )
  expect(header(signed, 'authorization')).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/us-west-2/bedrock-agentcore/aws4_request, SignedHeaders=accept;amz-sdk-invocation-id;amz-sdk-request;baggage;content-length;content-type;host;traceparent;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-user-agent;x-amzn-bedrock-agentcore-runtime-session-id;x-amzn-bedrock-agentcore-runtime-user-id, Signature=fc3736b8c99a86528c1cc168b4ed75ad7367ecd86cfbed60db5dde71300f64ce',
  )
})

test('a request without a body is signed as the SDK of AWS signs it', () => {
  const headers = [...session, ...agent, 'amz-sdk-invocation-id', '6e4179c1-ae22-45ce-b367-5a0448893d2d']
  const path = `${runtime}/invocations/.well-known/agent-card.json?qualifier=DEFAULT`
  const card: Outbound = { ...sent, method: 'GET', path, headers, body: null }
  const signed = signRequest(card, { ...facts, now: new Date('2026-11-21T01:43:18Z') })
  expect(header(signed, 'authorization')).toContain(
    'Signature=65c661548686893b305dc73c56fe34ecce41a32bb48cafcecfed109a450d95b3',
  )
})

test('headers of AWS that were there before are replaced', () => {
  const headers = [...sent.headers, 'Authorization', 'Bearer other', 'X-Amz-Date', 'never']
  expect(signRequest({ ...sent, headers }, facts)).toEqual(signRequest(sent, facts))
})

test('keys that do not expire have no token', () => {
  const { headers } = signRequest(sent, { ...facts, aws: { ...aws, session_token: null } })
  expect(headers).not.toContain('x-amz-security-token')
})
