/**
 * Which headers cross the gateway: lists of what may, so that a credential, a cookie or a header nobody thought
 * of stays on its side. What we decide ourselves (content type, version, tokens) is not in the lists.
 */
import type { HeaderList, HeaderMap } from './http.ts'

const upwards = ['a2a-extensions', 'x-a2a-extensions', 'accept-language', 'traceparent', 'tracestate'] as const
const back = ['a2a-extensions', 'x-a2a-extensions'] as const

/** The caller's headers that the target may see. */
export function headersUpwards(headers: HeaderMap): HeaderList {
  return pick(upwards, (name) => headers.get(name))
}

/** What a listener writes: anything else of a target would be a bug of ours by the time it is written. */
const plainForm = /^[\t\x20-\x7e]*$/

/** The target's headers that the caller may see; a value that is not printable ASCII stays behind. */
export function headersBack(headers: Readonly<Record<string, string | undefined>>): HeaderList {
  return pick(back, (name) => headers[name]).filter(([, value]) => plainForm.test(value))
}

function pick(names: readonly string[], read: (name: string) => string | undefined): HeaderList {
  return names.flatMap((name) => {
    const value = read(name)
    return value === undefined ? [] : [[name, value] as const]
  })
}
