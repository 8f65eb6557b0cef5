/** Keys for operators: which sign, which are about to and which did, and the way to turn them early. */
import { readJsonObject } from '../base/json.ts'
import { isKeyProblem } from '../identity/keys/key-files.ts'
import type { KeyEntry } from '../identity/keys/key-manifest.ts'
import { algOf, isKeyUse, keyUses } from '../identity/keys/key-material.ts'
import type { Keyring } from '../identity/keys/keyring.ts'
import type { Road } from '../pipeline/road.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

/** Listed at most, the newest: the public document holds all. */
const listed = 1000

export function keyRoutes(road: Road, keys: Keyring): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/keys',
      may: 'look',
      summary: 'The signing keys, newest first, at most 1000',
      answers: 'KeyList',
      answer: () => list(keys),
    },
    {
      method: 'POST',
      path: '/api/v1/keys/rotate',
      may: 'turn_keys',
      summary: 'Turns a key early',
      body: 'KeyOrder',
      answers: 'KeyList',
      answer: (request) => rotate(road, keys, request),
    },
  ]
}

function list(keys: Keyring): Written {
  const newest = keys.entries.slice(-listed).toReversed()
  return json(200, { schema: 'weir.keys/v1', keys: newest.map(viewOf) })
}

async function rotate(road: Road, keys: Keyring, { body, caller }: AdminRequest): Promise<Written> {
  const asked = readJsonObject(body.toString())
  const { use, now = false, revoke = false } = asked ?? {}
  if (!isKeyUse(use) || typeof now !== 'boolean' || typeof revoke !== 'boolean') {
    const detail = `Send JSON with a use, one of ${keyUses.join(', ')}, and, if you like, now and revoke, true or false.`
    return writeProblem(400, 'invalid_request', 'A use is required', detail)
  }
  const key = await keys.rotate(use, { now, revoke })
  if (isKeyProblem(key)) return writeProblem(409, 'not_rotated', 'The key was not rotated', `${key.sentence}.`)
  // What was verified a moment ago is remembered, and a withdrawn key must not live on in there.
  if (revoke) road.snapshot.identity.forgetTokens()
  road.log.info('an operator rotated a key', {
    use,
    kid: key.kid,
    now: now || revoke,
    revoke,
    actor: caller.actor ?? 'operator',
  })
  return list(keys)
}

/** The key itself is in the public documents. */
function viewOf(entry: KeyEntry): object {
  return { ...entry, jwk: undefined, alg: algOf(entry.use) }
}
