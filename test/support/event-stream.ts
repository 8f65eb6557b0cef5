/** Reads an event stream of the admin listener as it comes. */

export interface SeenEvent {
  readonly id: string
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface EventStream {
  readonly events: readonly SeenEvent[]
  /** Ended by the other side. */
  readonly ended: Promise<void>
  close(): void
}

export async function openEvents(
  admin: string,
  token: string,
  { path = '/api/v1/events', lastId }: { readonly path?: string; readonly lastId?: string } = {},
): Promise<EventStream> {
  const cut = new AbortController()
  const headers = { authorization: `Bearer ${token}`, ...(lastId !== undefined && { 'last-event-id': lastId }) }
  const answer = await fetch(`${admin}${path}`, { headers, signal: cut.signal })
  if (!answer.ok || !answer.body) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  const events: SeenEvent[] = []
  return { events, ended: readAll(answer.body, events), close: () => cut.abort() }
}

async function readAll(body: ReadableStream<Uint8Array>, events: SeenEvent[]): Promise<void> {
  let rest = ''
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + chunk).split('\n\n')
      rest = frames.pop() ?? ''
      for (const frame of frames) {
        const [, id = '', event = '', data = ''] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(frame) ?? []
        if (event !== '') events.push({ id, event, data: JSON.parse(data) as SeenEvent['data'] })
      }
    }
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
  }
}
