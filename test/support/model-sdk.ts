/** What the SDKs of models have in common in tests: a question, where it goes, and what came of it. */

export interface SdkDoor {
  /** Without a path: `http://127.0.0.1:4000`. */
  readonly url: string
  readonly key: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface SdkQuestion {
  readonly model: string
  readonly text: string
  readonly streaming?: boolean
  /** Whether the tool `find` is offered, with one text as its argument `q`. */
  readonly tool?: boolean
  /** Tokens. */
  readonly outputMax?: number
  /** After the first request; that of the SDK where it is not given. */
  readonly retries?: number
}

export interface SdkToolCall {
  readonly name: string
  readonly arguments: unknown
}

export interface SdkUsage {
  readonly input: number | undefined
  readonly output: number | undefined
}

export interface SdkSaid {
  readonly text: string
  readonly toolCalls: readonly SdkToolCall[]
  readonly usage: SdkUsage
}

export interface SdkAnswer extends SdkSaid {
  /** What a developer catches; null where nothing was thrown. */
  readonly error: { readonly status: number | undefined; readonly message: string } | null
  /** Requests that were sent, retries too. */
  readonly sent: number
  /** The body of the last of them. */
  readonly sentBody: Buffer
  /** What came back to it. */
  readonly received: { readonly status: number; readonly headers: Headers; readonly body: Buffer } | null
}

export interface ModelSdk {
  readonly name: string
  /** The package behind it; several of ours may be of one. */
  readonly sdk: 'openai' | '@anthropic-ai/sdk' | 'ai' | '@langchain/openai'
  readonly family: 'openai' | 'anthropic'
  /** Where its requests go. */
  readonly path: string
  ask(door: SdkDoor, question: SdkQuestion): Promise<SdkAnswer>
}

/** What an adapter does: ask with this fetch, and throw whatever its SDK throws. */
type Asker = (door: SdkDoor & { readonly fetch: typeof fetch }, question: SdkQuestion) => Promise<SdkSaid>

export const findTool = {
  name: 'find',
  description: 'Finds something',
  schema: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'], additionalProperties: false },
} as const

const nothing: SdkSaid = { text: '', toolCalls: [], usage: { input: undefined, output: undefined } }

/** An adapter with its requests counted and its errors read. */
export function counted(sdk: Omit<ModelSdk, 'ask'>, asker: Asker): ModelSdk {
  return {
    ...sdk,
    async ask(door, question) {
      const wire = new CountingFetch()
      try {
        const said = await asker({ ...door, fetch: wire.fetch }, question)
        return { ...said, error: null, ...(await wire.seen()) }
      } catch (error) {
        return { ...nothing, error: errorOf(error), ...(await wire.seen()) }
      }
    },
  }
}

class CountingFetch {
  #sent = 0
  #body = Buffer.alloc(0)
  #last: { readonly status: number; readonly headers: Headers; readonly body: Promise<Buffer> } | null = null

  /** The body is read twice: once by the SDK and once here. */
  readonly fetch: typeof fetch = async (input, init) => {
    this.#sent += 1
    // All of them hand over their body as a text.
    this.#body = Buffer.from(typeof init?.body === 'string' ? init.body : '')
    const response = await fetch(input, init)
    const copy = response.clone()
    const body = copy.arrayBuffer().then(Buffer.from, () => Buffer.alloc(0))
    this.#last = { status: response.status, headers: response.headers, body }
    return response
  }

  async seen(): Promise<Pick<SdkAnswer, 'sent' | 'sentBody' | 'received'>> {
    const last = this.#last
    return { sent: this.#sent, sentBody: this.#body, received: last && { ...last, body: await last.body } }
  }
}

/** SDKs wrap what they throw, `ai` in the last of several errors. */
function errorOf(error: unknown): NonNullable<SdkAnswer['error']> {
  const { lastError, status, statusCode } = error as Partial<Record<'lastError' | 'status' | 'statusCode', unknown>>
  const inner = lastError === undefined ? undefined : errorOf(lastError)
  const number = [status, statusCode].find((one) => typeof one === 'number')
  return { status: number ?? inner?.status, message: error instanceof Error ? error.message : JSON.stringify(error) }
}
