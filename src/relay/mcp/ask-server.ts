/** Asks a server one thing for the link itself: a greeting, a level, a subscription. Nobody's call. */
import type { Denial } from '../../domain/verdict.ts'
import type { Fault } from '../../domain/fault.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { type Head, makeFault } from '../wire/transport.ts'
import { carry } from './carry.ts'
import type { Json } from './channel.ts'
import { readHeard, writeRequest } from './heard.ts'
import type { LinkParts } from './shared.ts'

/** `status` and `head` are of HTTP, null and empty elsewhere. */
export type Answered = { readonly status: number | null; readonly head: Head } & (
  | { readonly kind: 'result'; readonly result: Json }
  | { readonly kind: 'error'; readonly error: Json }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'denial'; readonly denial: Denial }
)

interface Request {
  readonly id: string
  readonly method: string
  readonly params: Json | null
  readonly headers: HeaderList
  readonly wait_ms: number
}

/** Never rejects, and never waits longer than `wait_ms`. */
export function askServer(
  { channel, speaker, wheel }: Pick<LinkParts, 'channel' | 'speaker' | 'wheel'>,
  { id, method, params, headers, wait_ms }: Request,
): Promise<Answered> {
  const { promise, resolve } = Promise.withResolvers<Answered>()
  let [status, head]: [number | null, Head] = [null, {}]
  const done = (answered: Unheaded): void => {
    alarm.cancel()
    resolve({ ...answered, status, head })
  }
  const message = writeRequest(id, method, params)
  const wire = carry(
    speaker,
    (credentials, hearer) =>
      channel.send({ message, id, progressToken: null, headers: [...headers, ...credentials] }, hearer),
    {
      onHead: (code, fields) => void ([status, head] = [code, fields]),
      onMessage: (said) => {
        const heard = readHeard(said)
        if (heard?.form === 'result' && heard.id === id) done({ kind: 'result', result: heard.result })
        const isOurs = heard?.form === 'error' && (heard.id === id || heard.id === 'null')
        if (isOurs) done({ kind: 'error', error: heard.error })
      },
      onEnd: (fault) => done({ kind: 'fault', fault: fault ?? makeFault('truncated', `no answer to ${method}`, true) }),
      onDenial: (denial) => done({ kind: 'denial', denial }),
    },
  )
  const alarm = wheel.after(wait_ms, () => {
    wire.abort()
    done({ kind: 'fault', fault: makeFault('first_byte_timeout', `no answer to ${method}`, true) })
  })
  return promise
}

type Unheaded = Answered extends infer One ? (One extends Answered ? Omit<One, 'status' | 'head'> : never) : never
