/**
 * A real OpenID provider in a process of its own: oidc-provider with public native clients, whose pages a test clicks
 * through as a browser would. `weir-cli` logs people in; `desktop` is an MCP client and gets tokens for the one resource it
 * names. Sends its issuer once it listens.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

const server = createServer()
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const issuer = `http://127.0.0.1:${port}`
const { privateKey } = await generateKeyPair('ES256', { extractable: true })

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'weir-cli',
      application_type: 'native',
      // RFC 8252 section 7.3: on the loopback address the port is whatever the system gave.
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: 'ES256',
    },
    {
      client_id: 'desktop',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: 'ES256',
    },
  ],
  features: {
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => ({
        audience: resource,
        scope: 'tool:call files:erase',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'people-1', alg: 'ES256', use: 'sig' }] },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  pkce: { required: () => true },
})

const answer = provider.callback()
server.on('request', (request, response) => void answer(request, response))
process.send?.({ issuer })
process.once('disconnect', () => process.exit(0))
