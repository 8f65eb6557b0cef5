/** What people type and what commander reads: a list where only the noun was typed, and names that look like options. */

/** Nouns that list what there is when they stand alone. */
const lists = new Set(['runs', 'approvals', 'keys', 'agent', 'tools'])

/** Thumbprints and ids are base64url, so one in 64 begins with a dash; no option of ours is that long. */
const dashedName = /^-[\w-]{30,}$/

export function readyArgv(argv: readonly string[]): string[] {
  return withNameLast(withDefaultVerb(argv))
}

/** `weir runs` lists the runs; done here so that a misspelt verb still gets its suggestion. */
function withDefaultVerb(argv: readonly string[]): readonly string[] {
  const [noun = '', next] = argv
  const bare = next === undefined || (next.startsWith('-') && next !== '--help' && next !== '-h')
  return lists.has(noun) && bare ? [noun, 'ls', ...argv.slice(1)] : argv
}

/** `weir revoke key -Css...` names a key; behind `--` commander takes it for what it is. */
function withNameLast(argv: readonly string[]): string[] {
  const [verb = '', , name = ''] = argv
  const dashed = (verb === 'revoke' || verb === 'restore') && dashedName.test(name)
  return dashed ? [...argv.slice(0, 2), ...argv.slice(3), '--', name] : [...argv]
}
