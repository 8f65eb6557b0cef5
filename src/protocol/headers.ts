/**
 * Which headers cross the gateway: lists of what may, so that a credential, a cookie or a header nobody thought
 * of stays on its side. What we decide ourselves (content type, version, tokens) is not in the lists.
 */
import { runExtension } from './a2a/run-extension.ts'
import type { A2aVersion } from './a2a/revision.ts'
import type { HeaderList, HeaderMap } from './http.ts'
import type { Trace } from './traceparent.ts'

/** What A2A 1.0 and A2A 0.3 call the list of extensions. */
const extensions: Readonly<Record<A2aVersion, string>> = { '1.0': 'a2a-extensions', '0.3': 'x-a2a-extensions' }
const names = Object.values(extensions)
const upwards = ['accept-language', 'traceparent', 'tracestate'] as const

/** The caller's headers that the target may see; extensions under the name of the target's revision where it is given. */
export function headersUpwards(headers: HeaderMap, to: A2aVersion | null = null): HeaderList {
  const read = (name: string): string | undefined => headers.get(name)
  return [...pickExtensions(read, to), ...pick(upwards, read)]
}

/** What a listener writes: anything else of a target would be a bug of ours by the time it is written. */
const plainForm = /^[\t\x20-\x7e]*$/

/**
 * The target's headers that the caller may see, extensions under the name of the caller's revision where it is given; a
 * value that is not printable ASCII stays behind.
 */
export function headersBack(
  headers: Readonly<Record<string, string | undefined>>,
  to: A2aVersion | null = null,
): HeaderList {
  return pickExtensions((name) => headers[name], to).filter(([, value]) => plainForm.test(value))
}

type Read = (name: string) => string | undefined

/** Under their own names, or all of them in one list under the name of one revision. */
function pickExtensions(read: Read, to: A2aVersion | null): HeaderList {
  const found = pick(names, (name) => withoutOurs(read(name)))
  if (found.length === 0) return found
  const [first, ...more] = [...new Set(found.map(([, value]) => value))]
  return to === null || first === undefined ? found : [[extensions[to], [first, ...more].join(', ')]]
}

/** The extension of ours is between the caller and us. */
function withoutOurs(list: string | undefined): string | undefined {
  if (list?.includes(runExtension) !== true) return list
  const others = list.split(',').filter((each) => each.trim() !== runExtension)
  return others.length === 0 ? undefined : others.join(',').trim()
}

/** The same headers, with this trace and no other. */
export function traced(headers: HeaderList, trace: Trace | null): HeaderList {
  const others = headers.filter(([name]) => name !== 'traceparent' && name !== 'tracestate')
  if (trace === null) return others
  const state: HeaderList = trace.state === undefined ? [] : [['tracestate', trace.state]]
  return [...others, ['traceparent', trace.traceparent], ...state]
}

function pick(wanted: readonly string[], read: Read): HeaderList {
  const found: [string, string][] = []
  for (const name of wanted) {
    const value = read(name)
    if (value !== undefined) found.push([name, value])
  }
  return found
}
