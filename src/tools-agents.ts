/** What `weir agent add` needs of the house: the card looked at through the guard, and the entry written beside what is there. */
import { lookup } from 'node:dns/promises'
import { copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isIP } from 'node:net'
import { lineDiff } from './base/line-diff.ts'
import type { CardPreview, CliDeps } from './cli/deps.ts'
import { type CliProblem, problem } from './cli/exit-codes.ts'
import type { PlannedEntry } from './cli/planned-entry.ts'
import { editConfig, hasInConfig } from './config/edit.ts'
import { isPlainUrl } from './config/fields.ts'
import { isLoaded, loadConfig, type Loaded } from './config/load.ts'
import { firstProblem } from './config/problems.ts'
import { isSlug } from './domain/ids.ts'
import { fetchTextFrom } from './identity/trust/fetch-text.ts'
import { fetchCard, type FetchedCard, type NoCard } from './pipeline/cards/fetch-card.ts'
import type { A2aVersion } from './protocol/a2a/revision.ts'
import type { UpstreamCard } from './protocol/a2a/upstream-card.ts'
import { Outside } from './relay/wire/outside.ts'

type Asked = Parameters<CliDeps['registry']['preview']>[0]

const everywhere = ['0.0.0.0/0', '::/0']
const description_chars_max = 1024

/** Looks at a card and says what would become of it. */
export const preview: CliDeps['registry']['preview'] = async (asked) => {
  const loaded = await loadConfig(asked.configPath)
  if (!isLoaded(loaded)) return problem('no', firstProblem(loaded, asked.configPath))
  if (!isPlainUrl(asked.cardUrl) || (asked.url !== null && !isPlainUrl(asked.url)))
    return problem('usage', 'An agent and its card are at http or https URLs, without credentials and fragment.')
  const { outside, place, fetched } = await fetchFirst(asked, loaded)
  if (fetched.kind === 'no_card') return problem('no', `${place}: ${fetched.sentence}${hintFor(fetched, asked)}`)
  const { card, signature } = fetched
  const url = asked.url ?? urlOf(card)
  if (url === null) return problem('no', `The card of ${card.name} has no address for JSON-RPC; name one with --url.`)
  const slug = asked.slug ?? slugFrom(card.name)
  if (!isSlug(slug)) return problem('usage', `${slug || 'Its name'} cannot be a slug; name one with --slug.`)
  outside.allow(loaded.settings.gateway.outside.allow)
  const hidden = asked.allowPrivate && (await outside.judge(place)) !== null
  return {
    slug,
    url,
    cardUrl: place,
    name: card.name,
    description: card.description.slice(0, description_chars_max),
    versions: versionsOf(card),
    interfaces: card.interfaces.map(({ binding, written, url }) => ({ binding, version: written, url })),
    foreign: card.foreign,
    skills: card.skills.map(({ id, name, description }) => ({ id, name, description })),
    signature: { state: signature.state, kid: signature.kid },
    digest: card.digest,
    keys: asked.keys,
    allow: hidden ? await addressOf(place) : null,
  }
}

interface Found {
  readonly outside: Outside
  readonly place: string
  readonly fetched: FetchedCard | NoCard
}

/** The place that was named, and where cards are below it. */
async function fetchFirst({ cardUrl, url, keys, allowPrivate }: Asked, { settings }: Loaded): Promise<Found> {
  const { gateway, timeouts } = settings
  const allow_private = allowPrivate ? everywhere : gateway.outside.allow
  const outside = new Outside({ allow_private, connect_ms: timeouts.connect_ms })
  const tools = { outside, fetchText: fetchTextFrom('.') }
  const below = cardUrl.endsWith('/') ? cardUrl : `${cardUrl}/`
  const wellKnown = ['agent-card.json', 'agent.json'].map((name) => `${below}.well-known/${name}`)
  const places = /\.json$|card/i.test(new URL(cardUrl).pathname) ? [cardUrl] : [...wellKnown, cardUrl]
  let first: Found | null = null
  for (const place of places) {
    const origin = new URL(url ?? place).origin
    const rules = { signatures: keys === null ? 'if_present' : 'required', keys: keys && placeOfKeys(keys) } as const
    const fetched = await fetchCard(tools, { url: place, origin, headers: [], ...rules })
    const found = { outside, place, fetched }
    if (fetched.kind === 'fetched') return found
    first ??= found
  }
  return first ?? { outside, place: cardUrl, fetched: { kind: 'no_card', sentence: 'there is no card' } }
}

function placeOfKeys(keys: string): string {
  return /^(?:https?|file):/.test(keys) ? keys : `file:${resolve(keys)}`
}

function hintFor({ sentence }: NoCard, { allowPrivate }: Asked): string {
  if (sentence.includes('refused_address') && !allowPrivate) return '. In your own network: --allow-private'
  return sentence.includes('at another place') ? '. If you know where the agent is: --url' : ''
}

/** Weir speaks JSON-RPC to agents; the newest revision first. */
function urlOf({ interfaces }: UpstreamCard): string | null {
  const rpc = interfaces.filter(({ binding, version }) => binding === 'JSONRPC' && version !== null)
  return (rpc.find(({ version }) => version === '1.0') ?? rpc[0])?.url ?? null
}

function versionsOf(card: UpstreamCard): readonly A2aVersion[] {
  const url = urlOf(card)
  const spoken = card.interfaces.filter((each) => each.binding === 'JSONRPC' && each.url === url)
  const versions = (['1.0', '0.3'] as const).filter((version) => spoken.some((each) => each.version === version))
  return versions.length > 0 ? versions : ['1.0']
}

export function slugFrom(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '')
}

async function addressOf(place: string): Promise<string | null> {
  const name = new URL(place).hostname.replaceAll(/^\[|\]$/g, '')
  if (isIP(name) !== 0) return name
  return (await lookup(name).catch(() => null))?.address ?? null
}

/** The file as it would be, held against the rules of configurations; nothing is changed yet. */
export const plan: CliDeps['registry']['plan'] = async (configPath, seen) => {
  const path = resolve(configPath)
  const source = await readFile(path, 'utf8').catch(() => null)
  if (source === null) return problem('not_found', `${configPath} cannot be read.`)
  if (hasInConfig(source, ['agents', seen.slug]))
    return problem('no', `There is an agent ${seen.slug} in ${configPath} already; name another slug with --slug.`)
  const added = editConfig(source, { path: ['agents', seen.slug], value: entryOf(seen) })
  const text = added === null ? null : allowed(added, seen)
  if (text === null) return problem('no', `${configPath} is not in a form an entry can be added to.`)
  const wrong = await mistakeIn(path, text)
  return wrong ?? { configPath, source, text, diff: lineDiff(source, text) }
}

function entryOf({ url, versions, description, cardUrl, keys }: CardPreview): object {
  const said = description === '' ? {} : { description }
  const signed = keys === null ? {} : { signatures: 'required', keys: placeOfKeys(keys) }
  return { url, versions, ...said, card: { url: cardUrl, ...signed } }
}

/** An address that was looked at with --allow-private is looked at again by the gateway. */
function allowed(text: string, { allow }: CardPreview): string | null {
  if (allow === null) return text
  const path = ['gateway', 'outside', 'allow']
  return editConfig(text, { path, value: hasInConfig(text, path) ? allow : [allow] })
}

/** Paths in a configuration are relative to it, so it is tried out where it will stand. */
export async function mistakeIn(path: string, text: string): Promise<CliProblem | null> {
  const trial = join(dirname(path), `.${basename(path)}.trial`)
  try {
    await writeFile(trial, text, { mode: 0o600 })
    const loaded = await loadConfig(trial)
    return isLoaded(loaded) ? null : problem('no', firstProblem(loaded, basename(path)))
  } catch (error) {
    return problem('failed', `Nothing can be written beside ${path}: ${String(error)}`)
  } finally {
    await rm(trial, { force: true })
  }
}

/** Puts the new file in the place of the old one, which stays beside it. */
export const write: CliDeps['registry']['write'] = async ({ configPath, source, text }: PlannedEntry) => {
  const path = resolve(configPath)
  const backup = `${path}.bak`
  try {
    if ((await readFile(path, 'utf8')) !== source)
      return problem('no', `${configPath} was changed in the meantime; nothing was written.`)
    const { mode } = await stat(path)
    await copyFile(path, backup)
    await writeFile(`${path}.new`, text, { mode, flush: true })
    await rename(`${path}.new`, path)
    return { backup: join(dirname(configPath), basename(backup)) }
  } catch (error) {
    return problem(
      'failed',
      `${configPath} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
