/** Where policies stand, so that whoever reads an id in a record can open the file at its line. */
import type { PolicyFile } from './source.ts'

const idForm = /@id\("([^"\\]+)"\)/g

/** By id; a policy begins where its id is written. Reads text only, so it also answers for files that do not compile. */
export function policyPlaces(files: readonly PolicyFile[]): ReadonlyMap<string, { file: string; line: number }> {
  const places = new Map<string, { file: string; line: number }>()
  for (const { name, text } of files)
    text.split('\n').forEach((line, at) => {
      for (const [, id] of line.replace(/\/\/.*$/, '').matchAll(idForm))
        if (id !== undefined && !places.has(id)) places.set(id, { file: name, line: at + 1 })
    })
  return places
}
