import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** One source file as the tidy tests see it. `path` is relative to the repository. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  /** Module specifiers of every static and dynamic import, and of what `createRequire` loads. */
  readonly imports: readonly string[]
}

export const root = join(import.meta.dirname, '..', '..')

const importForm = /(?:from|import|require|require\.resolve)\s*\(?\s*'([^']+)'/g

export function readSource(path: string): SourceFile {
  return sourceOf(path, readFileSync(join(root, path), 'utf8'))
}

export function sourceOf(path: string, text: string): SourceFile {
  return { path, text, imports: [...text.matchAll(importForm)].map((found) => found[1] ?? '') }
}

export function sources(pattern = 'src/**/*.ts'): readonly SourceFile[] {
  return globSync(pattern, { cwd: root }).toSorted().map(readSource)
}

/** A relative specifier as a path below `src/`, or null for a package. */
export function withinSrc(file: SourceFile, specifier: string): string | null {
  return specifier.startsWith('.') ? relative('src', join(dirname(file.path), specifier)) : null
}
