import { fences, floors, proofMakers } from './floors.ts'
import { type SourceFile, withinSrc } from './source.ts'

/** Everything in a file that breaks the architecture, as sentences; empty when it fits. */
export function misfits(file: SourceFile): readonly string[] {
  return [...file.imports.flatMap((specifier) => misfit(file, specifier)), ...forgedProofs(file)]
}

function misfit(file: SourceFile, specifier: string): readonly string[] {
  const here = file.path.slice('src/'.length)
  const target = withinSrc(file, specifier)
  if (target !== null)
    return climbs(here, target) ? [`${file.path} imports ${target}, which is not on a lower floor`] : []
  const places = fenceOf(specifier)
  if (!places || isWithin(here, places)) return []
  return [`${file.path} imports ${specifier}, which is fenced to ${places.join(', ')}`]
}

/** The fence of a package also holds for whatever is imported from below it. */
function fenceOf(specifier: string): readonly string[] | undefined {
  const name = Object.keys(fences).find((each) => specifier === each || specifier.startsWith(`${each}/`))
  return name === undefined ? undefined : fences[name]
}

function isWithin(here: string, places: readonly string[]): boolean {
  return places.some((place) => here === place || (place.endsWith('/') && here.startsWith(place)))
}

function climbs(here: string, target: string): boolean {
  const from = here.split('/')[0] ?? ''
  const to = target.split('/')[0] ?? ''
  if (from === to || !(from in floors)) return false
  return (floors[to] ?? Number.POSITIVE_INFINITY) >= (floors[from] ?? 0)
}

function forgedProofs(file: SourceFile): readonly string[] {
  const here = file.path.slice('src/'.length)
  if (here === 'domain/verdict.ts') return []
  return Object.entries(proofMakers)
    .filter(([maker, place]) => here !== place && new RegExp(`\\b${maker}\\b`).test(file.text))
    .map(([maker, place]) => `${file.path} uses ${maker}, which belongs to ${place} alone`)
}

/** Import cycles among the files, as `a -> b -> a`. */
export function importCycles(files: readonly SourceFile[]): readonly string[] {
  const graph = new Map(
    files.map((file) => [
      file.path,
      file.imports.flatMap((name) => {
        const target = withinSrc(file, name)
        return target === null ? [] : [`src/${target}`]
      }),
    ]),
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (node: string, trail: readonly string[]): void => {
    if (trail.includes(node)) cycles.push([...trail.slice(trail.indexOf(node)), node].join(' -> '))
    if (done.has(node) || trail.includes(node)) return
    for (const next of graph.get(node) ?? []) walk(next, [...trail, node])
    done.add(node)
  }
  for (const node of graph.keys()) walk(node, [])
  return cycles
}
