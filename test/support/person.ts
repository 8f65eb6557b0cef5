/** People and where they log in: starts the OpenID provider of `people-issuer.ts`, and is the browser in front of it. */
import { fork } from 'node:child_process'
import { join } from 'node:path'

export interface PeopleIssuer {
  readonly issuer: string
  /** The row of `identity.people` by which its client is that agent. */
  row(agent: string): Readonly<Record<string, unknown>>
  /** The row of `identity.issuers` by which its MCP client is that agent. */
  toolsRow(agent: string): Readonly<Record<string, unknown>>
  stop(): Promise<void>
}

export async function startPeopleIssuer(): Promise<PeopleIssuer> {
  const child = fork(join(import.meta.dirname, 'people-issuer.ts'), [], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const issuer = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { readonly issuer: string }).issuer))
    child.once('exit', () => reject(new Error('the provider did not start')))
  })
  return {
    issuer,
    row: (agent) => ({ issuer, jwks: `${issuer}/jwks`, algorithms: ['ES256'], clients: { 'weir-cli': agent } }),
    toolsRow: (agent) => ({
      issuer,
      jwks: `${issuer}/jwks`,
      algorithms: ['ES256'],
      for_tools: true,
      agent_claim: 'client_id',
      agents: { desktop: agent },
      person_claim: 'sub',
    }),
    async stop() {
      child.disconnect()
      await ended
    },
  }
}

const steps_max = 20

/**
 * Goes where a browser would: follows redirects with its cookies, fills in the forms as `name` and says yes. Returns the
 * redirect that leaves the provider, without going there.
 */
export async function clickThrough(start: string, name: string): Promise<URL> {
  const { origin } = new URL(start)
  const cookies = new Map<string, string>()
  let next: { readonly url: string; readonly form?: URLSearchParams } = { url: start }
  for (let step = 0; step < steps_max; step += 1) {
    const answer = await visit(next.url, cookies, next.form)
    const location = answer.headers.get('location')
    if (location === null) {
      next = formIn(await answer.text(), next.url, name)
      continue
    }
    const to = new URL(location, next.url)
    if (to.origin !== origin) return to
    next = { url: to.href }
  }
  throw new Error('the login did not come to an end')
}

async function visit(url: string, cookies: Map<string, string>, form?: URLSearchParams): Promise<Response> {
  const cookie = [...cookies].map(([key, value]) => `${key}=${value}`).join('; ')
  const sent = form ? { method: 'POST', body: form } : {}
  const answer = await fetch(url, { ...sent, headers: { cookie }, redirect: 'manual' })
  for (const line of answer.headers.getSetCookie()) {
    const [pair = ''] = line.split(';', 1)
    const at = pair.indexOf('=')
    cookies.set(pair.slice(0, at), pair.slice(at + 1))
  }
  return answer
}

/** The one form of a page: who it is where the page asks for it, and otherwise only yes. */
function formIn(page: string, base: string, name: string): { readonly url: string; readonly form: URLSearchParams } {
  const [, action] = /<form[^>]* action="([^"]+)"/.exec(page) ?? []
  const [, prompt] = /name="prompt" value="(\w+)"/.exec(page) ?? []
  if (action === undefined || prompt === undefined) throw new Error(`no form in: ${page.slice(0, 2000)}`)
  const asked = prompt === 'login' ? { prompt, login: name, password: 'any' } : { prompt }
  return { url: new URL(action, base).href, form: new URLSearchParams(asked) }
}
