/** JSON pointers (RFC 6901): naming one value inside a document, without ever finding what nobody wrote. */

const pointerForm = /^(?:\/(?:[^~/]|~[01])*)+$/

/** A pointer to something below the root; the root itself (the empty text) is not meant here. */
export function isPointer(text: string): boolean {
  return pointerForm.test(text)
}

/** The value a pointer names; `undefined` where there is none, or where the text is no pointer. */
export function valueByPointer(document: unknown, pointer: string): unknown {
  if (!isPointer(pointer)) return undefined
  let value = document
  for (const token of pointer.slice(1).split('/')) {
    if (typeof value !== 'object' || value === null) return undefined
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    // Of a list only its items are named: `length` is a member to JavaScript and none to JSON.
    if (Array.isArray(value) && !/^(?:0|[1-9]\d{0,15})$/.test(name)) return undefined
    if (!Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}
