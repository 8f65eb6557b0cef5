/** What a client of a front reads: events and messages. */
export interface SseEvent {
  readonly id: string | null
  readonly data: Record<string, unknown> | null
}

/** Events of a stream as they come. */
export async function* eventsOf(answer: Response): AsyncGenerator<SseEvent, void> {
  if (!answer.body) return
  let held = ''
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    held += chunk
    for (let end = held.indexOf('\n\n'); end !== -1; end = held.indexOf('\n\n')) {
      const event = held.slice(0, end)
      held = held.slice(end + 2)
      const data = event
        .split('\n')
        .flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []))
        .join('')
      const id = /^id: (.*)$/m.exec(event)?.[1] ?? null
      if (data !== '' || id !== null)
        yield { id, data: data === '' ? null : (JSON.parse(data) as Record<string, unknown>) }
    }
  }
}

/** The one message of an answer, or all those of a stream that ends. */
export async function messagesOf(answer: Response): Promise<Record<string, unknown>[]> {
  if (answer.headers.get('content-type') === 'application/json') {
    const read = (await answer.json()) as Record<string, unknown> | Record<string, unknown>[]
    return Array.isArray(read) ? read : [read]
  }
  const messages: Record<string, unknown>[] = []
  for await (const { data } of eventsOf(answer)) if (data) messages.push(data)
  return messages
}

export async function only(answer: Promise<Response>): Promise<Record<string, unknown>> {
  const messages = await messagesOf(await answer)
  if (messages.length !== 1) throw new Error(`${messages.length} messages came`)
  return messages[0] ?? {}
}

/** Reads events until one fits. */
export async function eventWhere(
  events: AsyncGenerator<SseEvent, void>,
  fits: (event: SseEvent) => boolean,
): Promise<SseEvent> {
  for (;;) {
    const { value } = await events.next()
    if (!value) throw new Error('the stream ended before')
    if (fits(value)) return value
  }
}

/** Whether it asks the client something. */
export function isRequest({ data }: SseEvent): boolean {
  return data?.['method'] !== undefined && data['id'] !== undefined
}
