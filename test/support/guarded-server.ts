/**
 * A tool server that wants a token of a person, and the authorization server that gives it: registers clients, insists on
 * PKCE and `resource`, rotates refresh tokens and withdraws all of them where one is used twice.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { McpFixture } from './mcp-server.ts'

export interface Guarded extends AsyncDisposable {
  readonly url: string
  readonly origin: string
  /** Forms the token endpoint was sent, in their order. */
  readonly grants: URLSearchParams[]
  /** What was asked for at the authorization endpoint. */
  readonly authorizations: URLSearchParams[]
  /** Clients that were registered, as they described themselves. */
  readonly registered: Readonly<Record<string, unknown>>[]
  /** What requests to the tool server were authorized with. */
  readonly shown: (string | undefined)[]
  /** Access tokens count no more; refresh tokens do. */
  endTokens(): void
  /** Refresh tokens neither. */
  endGrants(): void
  /** Scopes that calls of tools need from now on. */
  wants: readonly string[]
  /** How long tokens live, in seconds. */
  lifetime_s: number
  /** Who logs in from now on, where the scope `openid` asks for it. */
  login: string
}

interface Pending {
  readonly client: string
  readonly challenge: string
  readonly scope: string
}

export async function guard(inner: McpFixture): Promise<Guarded> {
  const [codes, access, refresh] = [new Map<string, Pending>(), new Map<string, string>(), new Map<string, string>()]
  const name = (): string => randomBytes(12).toString('hex')
  const state = {
    origin: '',
    url: '',
    grants: [] as URLSearchParams[],
    authorizations: [] as URLSearchParams[],
    registered: [] as Readonly<Record<string, unknown>>[],
    shown: [] as (string | undefined)[],
    wants: ['files'] as readonly string[],
    lifetime_s: 3600,
    login: 'nobody',
    endTokens: () => access.clear(),
    endGrants: () => refresh.clear(),
  }
  const json = (to: ServerResponse, status: number, body: object): void =>
    void to.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

  const idTokenFor = (aud: string): string => {
    const iat = Math.floor(Date.now() / 1000)
    const claims = { iss: state.origin, aud, sub: state.login, iat, exp: iat + 60 }
    const part = (value: object | string): string =>
      Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
    return [{ alg: 'RS256' }, claims, 'unsigned'].map(part).join('.')
  }
  const give = (to: ServerResponse, scope: string, client: string | null): void => {
    const [token, again] = [name(), name()]
    access.set(token, scope)
    refresh.set(again, scope)
    const expires_in = state.lifetime_s
    const said = client !== null && scope.includes('openid') ? { id_token: idTokenFor(client) } : {}
    json(to, 200, { access_token: token, token_type: 'Bearer', expires_in, refresh_token: again, scope, ...said })
  }
  const token = (form: URLSearchParams, to: ServerResponse): void => {
    state.grants.push(form)
    if (form.get('resource') !== state.url) return json(to, 400, { error: 'invalid_target' })
    const used = form.get('refresh_token') ?? ''
    if (form.get('grant_type') === 'refresh_token') {
      const scope = refresh.get(used)
      if (scope === undefined) refresh.clear()
      refresh.delete(used)
      return scope === undefined ? json(to, 400, { error: 'invalid_grant' }) : give(to, scope, null)
    }
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const hashed = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (code?.challenge !== hashed) return json(to, 400, { error: 'invalid_grant' })
    give(to, code.scope, code.client)
  }
  const authorize = (asked: URLSearchParams, to: ServerResponse): void => {
    state.authorizations.push(asked)
    const code = name()
    const said = (one: string): string => asked.get(one) ?? ''
    codes.set(code, { client: said('client_id'), challenge: said('code_challenge'), scope: said('scope') })
    const back = new URL(asked.get('redirect_uri') ?? '')
    back.search = new URLSearchParams({ code, state: asked.get('state') ?? '', iss: state.origin }).toString()
    to.writeHead(302, { location: back.href }).end()
  }
  const refusalOf = (header: string | undefined, body: string): readonly [number, string] | null => {
    const held = access.get(header?.replace('Bearer ', '') ?? '')
    const metadata = `resource_metadata="${state.origin}/.well-known/oauth-protected-resource/mcp"`
    if (held === undefined) return [401, `Bearer scope="files", ${metadata}`]
    const wanted = /"method":"tools\/call"/.test(body) ? state.wants : []
    if (wanted.every((scope) => held.split(' ').includes(scope))) return null
    return [403, `Bearer error="insufficient_scope", scope="${wanted.join(' ')}", ${metadata}`]
  }

  const documents: Readonly<Record<string, () => object>> = {
    '/.well-known/oauth-protected-resource/mcp': () => ({ resource: state.url, authorization_servers: [state.origin] }),
    '/.well-known/oauth-authorization-server': () => ({
      issuer: state.origin,
      authorization_endpoint: `${state.origin}/authorize`,
      token_endpoint: `${state.origin}/token`,
      registration_endpoint: `${state.origin}/register`,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    }),
  }
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await textOf(incoming)
    const { pathname, searchParams } = new URL(incoming.url ?? '/', state.origin)
    const document = documents[pathname]
    if (document) return json(outgoing, 200, document())
    if (pathname === '/authorize') return authorize(searchParams, outgoing)
    if (pathname === '/token') return token(new URLSearchParams(body), outgoing)
    if (pathname === '/register') {
      state.registered.push(JSON.parse(body) as Record<string, unknown>)
      return json(outgoing, 201, { client_id: `client-${state.registered.length}`, client_secret: 'se-cret' })
    }
    state.shown.push(incoming.headers.authorization)
    const refusal = refusalOf(incoming.headers.authorization, body)
    if (refusal) return void outgoing.writeHead(refusal[0], { 'www-authenticate': refusal[1] }).end('{}')
    passOn(inner.url, { incoming, body, outgoing })
  }
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  state.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  state.url = `${state.origin}/mcp`
  return Object.assign(state, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function passOn(
  to: string,
  { incoming, body, outgoing }: { incoming: IncomingMessage; body: string; outgoing: ServerResponse },
): void {
  const { host: _, ...headers } = incoming.headers
  const onward = request(to, { method: incoming.method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    outgoing.flushHeaders()
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  onward.end(body)
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
