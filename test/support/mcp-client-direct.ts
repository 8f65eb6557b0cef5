/** The official client as it is without Weir: it talks to the server itself and does what authorization there takes. */
import {
  auth,
  computeScopeUnion,
  extractWWWAuthenticateParams,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import type { Scene, Way } from './mcp-client-scenarios.ts'

/** Where the suites expect the metadata document of a client to be. */
export const clientMetadataUrl = 'https://conformance-test.local/client-metadata.json'

const redirectUrl = 'http://localhost:3000/callback'
const tries_max = 3

export async function openDirect({ url, context }: Scene): Promise<Way> {
  const person = new Person(context)
  const transport = () => new StreamableHTTPClientTransport(new URL(url), { fetch: person.fetchAt(url) })
  return { transport, steadily: (act) => act() }
}

/** Somebody who agrees to everything, and the client that keeps what comes of it. */
class Person implements OAuthClientProvider {
  readonly redirectUrl = redirectUrl
  readonly clientMetadataUrl = clientMetadataUrl
  readonly clientMetadata = {
    client_name: 'test',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    application_type: 'native' as const,
  }
  readonly #clients = new Map<string, { client_id: string }>()
  #tokens: { access_token: string; token_type: string; issuer?: string } | undefined
  #verifier = ''
  #goesTo: URL | null = null
  #scope: string | undefined
  #discovered: OAuthDiscoveryState | undefined

  constructor({ client_id, client_secret, issuer }: Scene['context']) {
    if (client_id === undefined || issuer === undefined) return
    const client = { client_id, ...(client_secret !== undefined && { client_secret }), issuer }
    this.#clients.set(issuer, client)
  }

  clientInformation(about?: { issuer: string }) {
    return this.#clients.get(about?.issuer ?? '')
  }

  saveClientInformation(client: { client_id: string }, about?: { issuer: string }): void {
    this.#clients.set(about?.issuer ?? '', client)
  }

  tokens(about?: { issuer: string }) {
    const mine = about === undefined || this.#tokens?.issuer === undefined || this.#tokens.issuer === about.issuer
    return mine ? this.#tokens : undefined
  }

  saveTokens(tokens: { access_token: string; token_type: string }, about?: { issuer: string }): void {
    this.#tokens = { ...tokens, ...(about && { issuer: about.issuer }) }
  }

  redirectToAuthorization(url: URL): void {
    this.#goesTo = url
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }

  codeVerifier(): string {
    return this.#verifier
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovered = state
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovered
  }

  /** Sends with the token there is, and proves itself where the server asks for more. */
  fetchAt(serverUrl: string): (url: string | URL, init?: RequestInit) => Promise<Response> {
    return async (url, init) => {
      for (let left = tries_max; ; left -= 1) {
        const headers = new Headers(init?.headers)
        if (this.#tokens) headers.set('authorization', `Bearer ${this.#tokens.access_token}`)
        const answer = await fetch(url, { ...init, headers })
        if (left === 0 || (answer.status !== 401 && answer.status !== 403)) return answer
        await this.#authorize(serverUrl, answer)
      }
    }
  }

  async #authorize(serverUrl: string, refused: Response): Promise<void> {
    const { resourceMetadataUrl, scope: wanted } = extractWWWAuthenticateParams(refused)
    const scope = computeScopeUnion(this.#scope, wanted)
    this.#scope = scope
    // What was found before may hold no more: the server says anew who speaks for it.
    this.#discovered = undefined
    const asked = {
      serverUrl,
      ...(resourceMetadataUrl && { resourceMetadataUrl }),
      ...(scope !== undefined && { scope }),
      ...(refused.status === 403 && { forceReauthorization: true }),
    }
    if ((await auth(this, asked)) !== 'REDIRECT' || this.#goesTo === null) return
    const back = await fetch(this.#goesTo, { redirect: 'manual' })
    const answer = new URL(back.headers.get('location') ?? '').searchParams
    const iss = answer.get('iss')
    await auth(this, { ...asked, authorizationCode: answer.get('code') ?? '', ...(iss !== null && { iss }) })
  }
}
