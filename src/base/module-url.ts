/**
 * The URL of a module beside the one that asks, for threads and processes. It is written as it is called in the sources;
 * compiled, both end in `.js`, and no compiler rewrites a URL.
 */
export function moduleUrl(source: `${string}.ts`, from: string): URL {
  return new URL(from.endsWith('.ts') ? source : source.replace(/\.ts$/, '.js'), from)
}
