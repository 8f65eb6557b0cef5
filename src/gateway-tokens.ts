/** Hands the token endpoint the parts of identity it is made of. */
import type { ClientMethod } from './identity/clients/client.ts'
import type { Identity } from './identity/open.ts'
import type { TokenParts } from './pipeline/oauth/parts.ts'

const clientMethods: readonly ClientMethod[] = [
  'private_key_jwt',
  'tls_client_auth',
  'jwt_spiffe',
  'workload_jwt',
  'api_key',
]

export function tokenParts(identity: Identity): TokenParts {
  return {
    clients: identity,
    clientMethods,
    subjects: identity,
    dpop: identity,
    minter: {
      async mintCallToken(facts) {
        const { run, ...rest } = facts
        return await identity.mintCallToken({ ...rest, run: run.id, taint: run.taint })
      },
    },
    peers: { take: (peer) => identity.chargePeer(peer) },
    readOwn: (raw, peer) => identity.readOwn(raw, peer),
    mintTxn: (facts) => identity.mintTxn(facts),
    readTxn: (raw, peer) => identity.readTxn(raw, peer),
    firstUse: (issuer, tokenId, until) => identity.once(issuer, tokenId, until) === 'first',
  }
}
