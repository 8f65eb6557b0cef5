/** A person with a browser who agrees to everything on the way from a link of Weir to an authorization server and back. */

export interface Journey {
  /** Of the last page: 200 where the connection came about. */
  readonly status: number
  readonly page: string
  /** Every place the browser was sent to. */
  readonly visited: readonly string[]
}

export async function followLink(link: string): Promise<Journey> {
  const seen = await openLink(link)
  if (seen.status !== 200) return { status: seen.status, page: seen.page, visited: [link] }
  const sentOn = await agree(link, seen)
  const there = sentOn.headers.get('location')
  if (there === null) return { status: sentOn.status, page: await sentOn.text(), visited: [link] }
  const back = (await fetch(there, { redirect: 'manual' })).headers.get('location') ?? ''
  const arrived = await fetch(back, { headers: { cookie: seen.cookie } })
  return { status: arrived.status, page: await arrived.text(), visited: [link, there, back] }
}

export interface Seen {
  readonly status: number
  readonly page: string
  readonly headers: Headers
  readonly cookie: string
  readonly ask: string
}

export async function openLink(link: string): Promise<Seen> {
  const answer = await fetch(link)
  const page = await answer.text()
  const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';')
  return {
    status: answer.status,
    page,
    headers: answer.headers,
    cookie,
    ask: /name="ask" value="(\w+)"/.exec(page)?.[1] ?? '',
  }
}

/** Sends the form of the page; the answer is the redirect, not followed. */
export function agree(link: string, { ask, cookie }: Pick<Seen, 'ask' | 'cookie'>): Promise<Response> {
  const url = new URL(link)
  return fetch(url.origin + url.pathname, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ask }).toString(),
  })
}
