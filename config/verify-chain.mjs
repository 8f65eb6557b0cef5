#!/usr/bin/env node
/**
 * Checks the evidence of one run without Weir: needs Node 20 or later, the bundle, and the public keys.
 *
 *     node verify-chain.mjs bundle.json --jwks jwks.json
 *
 * It shares no code with Weir on purpose. What it checks of every hop: the signature and whether its key was in use then,
 * that the chain of hashes can be computed again and goes on from the hop before, that person, run and root are those of
 * the whole run, that no authority is wider than the one it came from, and that the record says what the token says.
 * Exit 0 if all of it holds, 1 if not, 2 if there is nothing to check.
 */

// Plain JavaScript outside the TypeScript project, so no name here has a type that these rules could judge.
/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-return */

import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import process from 'node:process'

const sha256 = (text) => createHash('sha256').update(text).digest('base64url')
/** A bundle is somebody's text: it must not steer the terminal that shows it. */
const plain = (text) => String(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
const same = (a, b) => canonical(a ?? null) === canonical(b ?? null)

/** RFC 8785 for what tokens hold: texts, whole numbers, lists and objects. */
function canonical(value) {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const names = Object.keys(value).filter((name) => value[name] !== undefined)
  const members = names.toSorted().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
  return `{${members.join(',')}}`
}

/** What is wrong with a hop. Whatever else is thrown, its input has not the form of evidence. */
class Broken extends Error {}
function must(holds, sentence) {
  if (!holds) throw new Broken(sentence)
}

/** The claims of a token whose signature holds, with the hash of what was signed. */
function readToken(raw, keys) {
  const parts = typeof raw === 'string' ? raw.split('.') : []
  must(parts.length === 3, 'its token is not kept whole')
  const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  must(header.alg === 'ES256' && header.typ === 'delivery+jwt', 'its token is no delivery signed with ES256')
  const key = keys.get(header.kid)
  must(key, `its token names a key that is not in the JWKS: ${header.kid}`)
  const input = `${parts[0]}.${parts[1]}`
  const publicKey = { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }
  const holds = verify('sha256', Buffer.from(input), publicKey, Buffer.from(parts[2], 'base64url'))
  must(holds, 'the signature of its token does not hold')
  const { active_from = 0, retired_at = null, revoked_at = null } = key
  // `iat` is in whole seconds, so a token may look up to a second older than its key.
  must(claims.iat * 1000 + 999 >= active_from, 'its token is older than the key that signed it')
  must(retired_at === null || claims.iat * 1000 <= retired_at, 'its token was signed after its key was retired')
  must(revoked_at === null, 'its key was revoked, so nothing it signed counts')
  return { ...claims, inputHash: sha256(input), agents: claims.dlg.chain.map((slug) => `agent:${slug}`) }
}

const step = (head, link) => sha256(`${head}.${canonical(link)}`)
const before = ({ dlg }) => dlg.hops.slice(0, -1).reduce(step, dlg.base ?? dlg.root)
const personOf = (token) => (token.sub_profile === 'user' ? token.sub : null)

/** Everything a token can be wrong about by itself. */
function checkToken(token, entry, run) {
  const { dlg, agents } = token
  const acted = agents.slice(0, -1)
  const holder = agents.at(-1)
  must(token.txn === run && entry.run === run, 'its token is of another run')
  must(token.jti === entry.jti && entry.agent === holder, 'its token is not the one its entry names')
  must(token.aud === holder && same(token.may_act, { sub: holder }), 'its token is not for the end of its chain')
  must(dlg.depth === acted.length && dlg.depth > 0, 'the depth of its token is not the length of its chain')
  must(token.sub === (personOf(token) ?? agents[0]), 'the subject of its token is not the root of its chain')
  must(same(token.act, nested(acted)), 'act does not mirror the chain of its token')
  must(dlg.root === sha256(`${run}.${agents[0]}.${personOf(token) ?? ''}`), 'root is not that of run, agent and person')
  const first = acted.length - dlg.hops.length
  must(first >= 0 && (first === 0) === (dlg.base === undefined), 'its token lacks links or the hash before them')
  must(
    dlg.hops.every((link, at) => link.i === first + at && link.a === acted[link.i]),
    'its links are not its chain',
  )
  must(dlg.hops.reduce(step, dlg.base ?? dlg.root) === dlg.head, 'the chain of hashes in its token does not add up')
  must(token.jti === sha256(`${dlg.head}.${dlg.hop}.${dlg.depth}.${holder}`), 'jti is not bound to hop and chain')
}

/** The newest four actors, the current one outermost. */
function nested(agents) {
  return agents.slice(-4).reduce((act, sub) => (act ? { sub, act } : { sub }), undefined)
}

/** Which delivery a hash stands on: one itself, or one that was exchanged for call tokens. Null at the root. */
function standsOn(hash, world) {
  for (let at = hash ?? null, left = 100; at !== null && left > 0; left -= 1) {
    const token = world.byHash.get(at)
    if (token) return token
    const grant = world.grants.get(at)
    must(grant, 'the token it stands on is not in the bundle')
    const parent = world.byJti.get(grant.parent_jti)
    if (parent) return parent
    at = world.issued.get(grant.parent_jti)?.input_hash ?? null
  }
  return null
}

const taints = ['none', 'external', 'untrusted', 'injected']

function checkLink(token, world) {
  const { dlg, agents } = token
  const parent = standsOn(dlg.prh, world)
  must((dlg.depth === 1) === (parent === null), 'the token it stands on is not in the bundle')
  const [grant, newest] = [world.grants.get(dlg.prh ?? ''), dlg.hops.at(-1)]
  const granted = [newest.jti, newest.a, newest.adh, personOf(token)]
  must(!grant || same([grant.jti, grant.agent, grant.adh, grant.person], granted), 'its grant is not that of its token')
  if (!parent) return must(before(token) === dlg.root, 'its chain does not begin at the root')
  must(token.sub === parent.sub && token.sub_profile === parent.sub_profile, 'its person is not that of the hop before')
  must(dlg.root === parent.dlg.root, 'its root is not that of the hop before')
  must(dlg.depth === parent.dlg.depth + 1, 'it is not one deeper than the hop before')
  must(same(agents.slice(0, -1), parent.agents), 'its chain does not go on from the hop before')
  must(before(token) === parent.dlg.head, 'its hashes do not go on from those of the hop before')
  must(noMore(dlg.max, parent.dlg.max), 'it may lead deeper than the hop before')
  must(within(token, parent), 'its authority is wider than that of the hop before')
  const kept = (ceiling) => dlg.bud?.some((own) => same(own, ceiling)) ?? false
  must((parent.dlg.bud ?? []).every(kept), 'it lacks a budget that the hop before counts on')
  must(taints.indexOf(dlg.taint) >= taints.indexOf(parent.dlg.taint), 'its taint is less than that of the hop before')
}

const noMore = (child, parent) => parent === undefined || (child !== undefined && child <= parent)
const subset = (child, parent) => child.every((one) => parent.includes(one))
const equal = (child, parent) => child === parent
const longer = (child, parent) => child.startsWith(parent)
const argsWithin = (child, parent) => Object.keys(parent).every((at) => child[at] && ruleWithin(child[at], parent[at]))

/** How each member of a detail is compared; whatever is not here is wider. */
const comparators = {
  agent_invoke: { targets: subset, methods: subset },
  mcp_tool: { server: equal, tools: subset, args: argsWithin },
  mcp_resource: { server: equal, uri_prefix: longer },
  model_use: { models: subset, max_output_tokens: noMore, max_usd_u: noMore },
  http_api: { api: equal, operations: subset },
  db_query: { source: equal, tables: subset, columns: subset, predicates: (child, parent) => subset(parent, child) },
}

const passes = {
  __proto__: null,
  eq: (bound, value) => value === bound,
  in: (bound, value) => bound.includes(value),
  max: (bound, value) => typeof value === 'number' && value <= bound,
  min: (bound, value) => typeof value === 'number' && value >= bound,
  prefix: (bound, value) => typeof value === 'string' && value.startsWith(bound),
}
const bounds = {
  __proto__: null,
  eq: equal,
  in: subset,
  max: noMore,
  min: (child, parent) => child >= parent,
  prefix: longer,
}
const passesAll = (rule, value) => Object.entries(rule).every(([name, bound]) => passes[name]?.(bound, value) ?? false)

function ruleWithin(child, parent) {
  const named = child.eq === undefined ? child.in : [child.eq]
  if (named) return named.every((value) => !passesAll(child, value) || passesAll(parent, value))
  const keeps = ([name, bound]) => child[name] !== undefined && bounds[name]?.(child[name], bound)
  return Object.entries(parent).every(keeps)
}

function detailWithin(child, parent) {
  const row = Object.hasOwn(comparators, child.type) ? comparators[child.type] : null
  if (!row || child.type !== parent.type) return false
  const members = Object.entries(parent).filter(([name]) => name !== 'type')
  return members.every(
    ([name, bound]) => Object.hasOwn(row, name) && child[name] !== undefined && row[name](child[name], bound),
  )
}

function within(child, parent) {
  const scopesOf = ({ scope }) => scope?.split(' ').filter((one) => one !== '') ?? [Symbol('every scope')]
  if (parent.scope !== undefined && !subset(scopesOf(child), scopesOf(parent))) return false
  const { authorization_details: held } = parent
  const inOne = (one) => held.some((other) => detailWithin(one, other))
  return held === undefined || (child.authorization_details?.every(inOne) ?? false)
}

function authorityHash({ scope, authorization_details }) {
  return scope !== undefined || authorization_details ? sha256(canonical({ authorization_details, scope })) : null
}

/** Whether the record of a call says what the token says that went out with it, and names the hop it stands on. */
function checkRecord(record, world) {
  must(record.run === world.run, 'its record is of another run')
  must(record.human === world.person, 'its record names another person than the run')
  must(record.chain.at(-1) === record.agent, 'its record names another agent than its chain')
  const parent = standsOn(record.prh, world)
  must(same(record.chain, parent?.agents ?? [world.rootAgent]), 'its record has another chain than the hop before')
  must(record.depth === record.chain.length, 'the depth in its record is not the length of its chain')
  const above = record.parent_rid === null ? null : world.hops.get(record.parent_rid)
  must((parent === null) === (record.parent_rid === null), 'its record and its token disagree about the hop before')
  must(above !== undefined, `the hop before it is missing: ${record.parent_rid}`)
  if (above?.kind === 'call') must(above.delivery === parent.jti, 'it does not stand on the token of the hop before')
  if (record.delivery === null) return
  const token = world.byJti.get(record.delivery)
  must(token, 'the token that went out with it is missing or does not hold')
  must(token.aud === record.target, 'its record names another target than its token')
  must(token.dlg.depth === record.depth, 'its record has another depth than its token')
  must(same(token.agents.slice(0, -1), record.chain), 'its record has another chain than its token')
  must(token.dlg.head === record.dlg_head, 'its record has another chain of hashes than its token')
  must(same(token.dlg.prh, record.prh), 'its record stands on another token than its token does')
  must(authorityHash(token) === record.adh, 'its record has another authority than its token')
  // A token that came home may go out again, with a later call of the same place.
  const first = world.hops.get(token.dlg.hop)
  const alike = first && ['agent', 'target', 'depth'].every((name) => first[name] === record[name])
  must(token.dlg.hop === record.rid || alike, 'its token was made for a hop of another place')
}

function openWorld(bundle) {
  const { run, runs, calls, intents, tokens, grants } = bundle
  const opened = runs.find(({ event }) => event === 'opened')
  const issued = grants.filter(({ decision }) => decision === 'allow')
  return {
    run,
    person: opened?.human ?? null,
    rootAgent: opened?.root ?? calls[0]?.chain[0],
    hops: new Map([...intents, ...calls].map((entry) => [entry.rid, entry])),
    issued: new Map(issued.map((grant) => [grant.jti, grant])),
    grants: new Map(issued.map((grant) => [grant.input_hash, grant])),
    entries: tokens,
    byJti: new Map(),
    byHash: new Map(),
  }
}

/** Problems by hop, in the order of the run. */
function check(bundle, keys) {
  const world = openWorld(bundle)
  const problems = new Map()
  const attempt = (hop, work) => {
    try {
      work()
    } catch (error) {
      const sentence = error instanceof Broken ? error.message : 'what is kept of it cannot be read'
      problems.set(hop, problems.get(hop) ?? sentence)
    }
  }
  for (const entry of world.entries)
    attempt(entry.rid, () => {
      const token = readToken(entry.token, keys)
      checkToken(token, entry, world.run)
      must(token.dlg.hop === entry.rid, 'its token was made for another hop')
      must(world.hops.has(entry.rid), 'there is a token of it and no record')
      must(token.agents[0] === world.rootAgent && personOf(token) === world.person, 'its root is not that of the run')
      world.byJti.set(token.jti, token)
      world.byHash.set(token.inputHash, token)
    })
  for (const token of world.byJti.values()) attempt(token.dlg.hop, () => checkLink(token, world))
  for (const record of bundle.calls) attempt(record.rid, () => checkRecord(record, world))
  const kept = new Set([...world.entries, ...bundle.calls].map(({ rid }) => rid))
  for (const { rid } of bundle.intents) attempt(rid, () => must(kept.has(rid), 'it was let through and has no record'))
  return { world, problems }
}

function pad(rows) {
  const widths = rows[0].map((_cell, at) => Math.max(...rows.map((row) => row[at].length)))
  const line = (row) => row.map((cell, at) => cell.padEnd(widths[at])).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}

function report({ world, problems }, fromBundle) {
  const lost = [...problems.keys()].filter((rid) => !world.hops.has(rid))
  const strays = lost.map((rid) => ({ rid, depth: '?', agent: '?' }))
  const hops = [...world.hops.values(), ...strays].toSorted((a, b) => (a.ts ?? 0) - (b.ts ?? 0) || a.depth - b.depth)
  const rows = hops.map((hop) => {
    const open = hop.kind === 'intent' ? 'no end recorded' : (hop.decision ?? '?')
    const proof = problems.get(hop.rid) ?? (hop.delivery || hop.kind === 'intent' ? 'signed' : 'record only')
    return [hop.depth, hop.rid, `${hop.agent} -> ${hop.target ?? '?'}`, open, proof].map(plain)
  })
  const table = pad([['DEPTH', 'HOP', 'CALL', 'DECISION', 'PROOF'], ...rows])
  const who = `run ${world.run} of ${world.person ?? 'nobody'}, begun by ${world.rootAgent}`
  const first = hops.find(({ rid }) => problems.has(rid))
  const warning = fromBundle ? 'The keys are those of the bundle itself: compare them with published ones.\n' : ''
  const holds = `HOLDS: ${rows.length} hops, ${world.byJti.size} signed tokens`
  const verdict = first ? `BROKEN at ${first.rid}: ${problems.get(first.rid)}` : holds
  process.stdout.write(`${plain(who)}\n\n${table}\n${warning}${plain(verdict)}\n`)
  return first ? 1 : 0
}

function main([file, flag, jwks]) {
  const read = (name) => JSON.parse(readFileSync(name, 'utf8'))
  const bundle = file ? read(file) : {}
  const set = flag === '--jwks' && jwks ? read(jwks) : bundle
  const hops = bundle.schema === 'weir.run-chain/v1' ? bundle.calls.length + bundle.intents.length : 0
  if (hops === 0 || !Array.isArray(set.keys) || (flag !== undefined && set === bundle)) {
    process.stderr.write('Usage: node verify-chain.mjs bundle.json --jwks jwks.json, with a bundle that holds a hop\n')
    return 2
  }
  const keys = new Map(set.keys.filter(({ weir_use = 'token' }) => weir_use === 'token').map((key) => [key.kid, key]))
  return report(check(bundle, keys), !jwks)
}

process.exitCode = main(process.argv.slice(2))
