/** How names of models look, wherever they are written. */

/** Names come from providers and have slashes, colons and dots in them: `meta-llama/Llama-4:free`. */
export function isModelName(name: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(name)
}
