/** JSON pointers (RFC 6901): naming one value inside a document, without ever finding what nobody wrote. */
import { openBracket } from './json-bytes.ts'
import { valueAtPath } from './json-edit.ts'

const pointerForm = /^(?:\/(?:[^~/]|~[01])*)+$/

/** A pointer to something below the root; the root itself (the empty text) is not meant here. */
export function isPointer(text: string): boolean {
  return pointerForm.test(text)
}

/** The value a pointer names; `undefined` where there is none, or where the text is no pointer. */
export function valueByPointer(document: unknown, pointer: string): unknown {
  if (!isPointer(pointer)) return undefined
  let value = document
  for (const name of namesIn(pointer)) {
    if (typeof value !== 'object' || value === null) return undefined
    // Of a list only its items are named: `length` is a member to JavaScript and none to JSON.
    if (Array.isArray(value) && !indexForm.test(name)) return undefined
    if (!Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}

/** The same in JSON text that `scanJson` has checked: the bytes of the value, whose digits are still all there. */
export function bytesByPointer(document: Buffer, pointer: string): Buffer | null {
  if (!isPointer(pointer)) return null
  let value = valueAtPath(document, [])
  for (const name of namesIn(pointer)) {
    if (value === null) return null
    const isList = value[0] === openBracket
    if (isList && !indexForm.test(name)) return null
    value = valueAtPath(value, [isList ? Number(name) : name])
  }
  return value
}

const indexForm = /^(?:0|[1-9]\d{0,15})$/

/** The names on the way, outermost first. */
export function namesIn(pointer: string): readonly string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}
