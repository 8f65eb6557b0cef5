/** An agent as it registers itself for `private_key_jwt`: the row of the configuration and the key it keeps to itself. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'

/** A key of its own, as `PrivateKeyJwt` of stock clients takes it. */
interface ClientKey {
  readonly kid: string
  readonly key: CryptoKey
  readonly privateJwk: JWK
}

export interface RegisteredClient {
  readonly id: string
  readonly keys: readonly ClientKey[]
  /** The `client` member of the agent's row. */
  readonly row: { readonly jwks: string }
}

/** Writes the public keys into `directory`, as an agent would publish them: one for each algorithm. */
export async function registerClient(
  slug: string,
  directory: string,
  algs: readonly string[] = ['ES256'],
): Promise<RegisteredClient> {
  const made = await Promise.all(algs.map(async (alg) => await keyOf(`${slug}-${alg}`, alg)))
  const path = join(directory, `${slug}.jwks.json`)
  writeFileSync(path, JSON.stringify({ keys: made.map(({ publicJwk }) => publicJwk) }))
  return { id: `agent:${slug}`, keys: made, row: { jwks: `file:${path}` } }
}

async function keyOf(kid: string, alg: string): Promise<ClientKey & { readonly publicJwk: JWK }> {
  const { publicKey, privateKey: key } = await generateKeyPair(alg, { extractable: true })
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return { kid, key, privateJwk: { ...(await exportJWK(key)), kid, alg }, publicJwk }
}

/** The only key of a client that has one. */
export function onlyKey({ keys: [first] }: RegisteredClient): ClientKey {
  if (!first) throw new Error('the client has no key')
  return first
}
