/**
 * A real authorization server in a process of its own: oidc-provider with client credentials and token exchange, which
 * verifies the subject token by the key set it was told. Sends its port, then one message for each token request.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { errors, Provider } from 'oidc-provider'

/** What the test tells it. */
interface Told {
  /** The key set of the gateway: of its client assertions and of its subject tokens. */
  readonly jwks: JSONWebKeySet
  readonly lifetime_s: number
}

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const grants = ['client_credentials', exchange]
const told = JSON.parse(process.argv[2] ?? '') as Told
const keys = createLocalJWKSet(told.jwks)
const server = createServer()
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const issuer = `http://127.0.0.1:${port}`

const shared = { grant_types: grants, redirect_uris: [], response_types: [], scope: 'a2a' }
const provider = new Provider(issuer, {
  clients: [
    {
      ...shared,
      client_id: 'weir',
      client_secret: 'as-secret-canary',
      token_endpoint_auth_method: 'client_secret_basic',
    },
    {
      ...shared,
      client_id: 'weir-jwt',
      jwks: told.jwks,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
    },
  ],
  scopes: ['a2a'],
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  ttl: { ClientCredentials: told.lifetime_s },
  enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
})

let issued = 0
provider.registerGrantType(
  exchange,
  async (context) => {
    const { subject_token, subject_token_type, audience } = (context.oidc.params ?? {}) as Record<string, string>
    const verified = await jwtVerify(subject_token ?? '', keys, { audience: issuer }).catch(() => null)
    if (verified === null) throw new errors.InvalidRequest('subject_token of secret-canary is no good')
    issued += 1
    process.send?.({ kind: 'exchanged', claims: verified.payload, subject_token, subject_token_type, audience })
    const issued_token_type = 'urn:ietf:params:oauth:token-type:access_token'
    context.body = {
      access_token: `exchanged-${issued}`,
      issued_token_type,
      token_type: 'Bearer',
      expires_in: told.lifetime_s,
    }
  },
  ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'scope'],
)
provider.on('grant.success', (context) => {
  const { client, params } = context.oidc
  if (params?.['grant_type'] === 'client_credentials') process.send?.({ kind: 'issued', client: client?.clientId })
})

const answer = provider.callback()
server.on('request', (request, response) => void answer(request, response))
process.send?.({ kind: 'listening', issuer })
process.once('disconnect', () => process.exit(0))
