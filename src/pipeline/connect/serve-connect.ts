/**
 * Where a person lets Weir act for them at a tool server: a page that says who asks, their agreement, and the way back from
 * their authorization server. The link is a secret of its own; what follows is bound to the browser that opened it.
 *
 *     GET /connect/<server>?ask=.. -> page, cookie -> POST -> their authorization server -> GET /connect/callback -> done
 */
import { isSlug } from '../../domain/ids.ts'
import { type Ask, callbackAt, metadataAt } from '../../identity/outbound/mcp-oauth/connector.ts'
import { clientMetadata } from '../../identity/outbound/mcp-oauth/client-identity.ts'
import type { HeaderList, HeaderMap, Inbound, Reply } from '../../protocol/http.ts'
import { writeProblem } from '../../protocol/faces.ts'
import { jsonHeaders, sendWritten } from '../../protocol/jsonrpc.ts'
import type { Road } from '../road.ts'
import { type Page, pageHeaders, writePage } from './page.ts'

export const connectPrefix = '/connect/'
export const clientMetadataPath = '/.well-known/oauth-client/weir'

const browserForm = /^[0-9a-f]{64}$/
const form_bytes_max = 4096

/** Everything behind `/connect/`. Never rejects but for a Bug. */
export async function serveConnect(road: Road, inbound: Inbound, reply: Reply): Promise<void> {
  const rest = inbound.path.slice(connectPrefix.length)
  if (rest === 'callback') {
    if (inbound.method !== 'GET') return wrongMethod(reply, 'GET')
    return await arrive(road, inbound, reply)
  }
  if (!isSlug(rest))
    return sendWritten(reply, writeProblem(404, 'not_found', 'Not found', 'There is nothing here by that name.'))
  if (inbound.method === 'GET') return show(road, rest, inbound, reply)
  if (inbound.method === 'POST') return await depart(road, rest, inbound, reply)
  return wrongMethod(reply, 'GET, POST')
}

/** Our metadata document: an authorization server that has never heard of us reads here who we are (CIMD). */
export function serveClientMetadata({ snapshot: { publicUrl } }: Road, _inbound: Inbound, reply: Reply): void {
  const said = {
    client_id: metadataAt(publicUrl),
    ...clientMetadata(callbackAt(publicUrl)),
    token_endpoint_auth_method: 'none',
  }
  reply.send(200, [...jsonHeaders, ['cache-control', 'public, max-age=300']], JSON.stringify(said))
}

function show(road: Road, server: string, { query, headers }: Inbound, reply: Reply): void {
  const ask = road.connector.look(server, new URLSearchParams(query).get('ask') ?? '')
  if (!ask) return send(reply, 410, over)
  const { publicUrl } = road.snapshot
  const browser = browserOf(headers, publicUrl) ?? road.dice.hex(32)
  send(reply, 200, consent(ask), [['set-cookie', cookie(browser, publicUrl)]])
}

async function depart(road: Road, server: string, inbound: Inbound, reply: Reply): Promise<void> {
  const { headers, body } = inbound
  const { publicUrl } = road.snapshot
  const form = body.length > form_bytes_max ? '' : body.toString('utf8')
  const ask = road.connector.look(server, new URLSearchParams(form).get('ask') ?? '')
  const browser = browserOf(headers, publicUrl)
  if (!ask) return send(reply, 410, over)
  // Whoever agrees has seen the page, in this browser and on this site.
  const site = headers.get('sec-fetch-site') ?? 'same-origin'
  if (browser === null || site !== 'same-origin') return send(reply, 403, elsewhere)
  const url = await road.connector.begin(ask, browser, publicUrl)
  if (typeof url === 'string')
    return reply.send(
      303,
      [
        ['location', url],
        ['referrer-policy', 'no-referrer'],
        ['cache-control', 'no-store'],
      ],
      '',
    )
  road.log.warn(`${ask.user} could not be sent on to connect to ${server}: ${url.why}`, { server })
  send(reply, 502, {
    title: 'This cannot be connected',
    says: ['The authorization server of this tool server cannot be used.', goBack],
  })
}

async function arrive(road: Road, { query, headers }: Inbound, reply: Reply): Promise<void> {
  const { publicUrl } = road.snapshot
  const browser = browserOf(headers, publicUrl)
  if (browser === null) return send(reply, 403, elsewhere)
  const done = await road.connector.finish(new URLSearchParams(query), browser)
  if (done.kind === 'connected') {
    road.log.info(`${done.user} connected to ${done.server}`, { server: done.server })
    return send(reply, 200, {
      title: 'Connected',
      says: ['You may close this window. The call that asked for it can be sent again now.'],
    })
  }
  road.log.warn(`somebody could not be connected: ${done.why}`)
  send(reply, 400, {
    title: 'Not connected',
    says: ['What came back is not what was asked for, or it was refused there.', goBack],
  })
}

const goBack = 'Let the call be sent again to get a new link.'
const over: Page = { title: 'This link is over', says: ['It was used already, or nobody opened it in time.', goBack] }
const elsewhere: Page = {
  title: 'Not in this browser',
  says: ['Open the link again, and go on in the same browser.', goBack],
}

function consent({ id, agent, person, settings, found, scopes }: Ask): Page {
  const { issuer, authorization_endpoint } = found.server
  return {
    title: `Connect to ${settings.id}?`,
    says: [
      `${agent} wants to use the tool server "${settings.id}" ${person === null ? 'for itself' : `for ${person}`}. If you go on, you are asked to log in at ${issuer}, and whatever you allow there ${agent} may do in your name.`,
      person === null
        ? 'Go on only if you run this agent and have asked it for this yourself.'
        : `Go on only if you are ${person} and have asked for this yourself: a link that somebody sent you connects your account to their work.`,
    ],
    facts: [
      ['Tool server', `${settings.id}: ${settings.description}`],
      ['You log in at', issuer],
      ['It may then', scopes === null ? 'what that server allows' : scopes.join(', ')],
    ],
    form: { ask: id, button: 'Go on', goesTo: new URL(authorization_endpoint).origin },
  }
}

function send(reply: Reply, status: number, page: Page, more: HeaderList = []): void {
  reply.send(status, [...pageHeaders(page), ...more], writePage(page))
}

/** `__Host-` keeps other hosts of the same site from setting it; without TLS, which is this machine alone, it may not be used. */
function cookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-weir-connect' : 'weir-connect'
}

function cookie(browser: string, publicUrl: string): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : ''
  return `${cookieName(publicUrl)}=${browser}; Path=/; Max-Age=1200; HttpOnly; SameSite=Lax${secure}`
}

function browserOf(headers: HeaderMap, publicUrl: string): string | null {
  const prefix = `${cookieName(publicUrl)}=`
  const found = (headers.get('cookie') ?? '').split(/; ?/).find((pair) => pair.startsWith(prefix))
  const value = found?.slice(prefix.length) ?? ''
  return browserForm.test(value) ? value : null
}

function wrongMethod(reply: Reply, allowed: string): void {
  sendWritten(
    reply,
    writeProblem(405, 'method_not_allowed', 'Method not allowed', `This path answers ${allowed} only.`),
    [['allow', allowed]],
  )
}
