/** A person of one organisation, an agent of another, and a Weir on each side: what crosses the border, and what does not. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { CallRecord, GrantEntry } from '../../src/domain/record.ts'
import { acme, levels, openTwoOrganisations, type TwoOrganisations } from '../support/two-organisations.ts'

let world: TwoOrganisations
const patient = { timeout: 20_000, interval: 50 }

beforeAll(async () => {
  world = await openTwoOrganisations()
  // The reload is there once a call comes through.
  await vi.waitFor(async () => expect((await world.say('desk-full')).text).toContain('desk is done'), patient)
}, 90_000)

afterAll(async () => {
  await world.stop()
})

/** The delivery tokens the desk received with calls, decoded. */
function delivered(): readonly Readonly<Record<string, unknown>>[] {
  return world.desk.asked.map(({ headers }) => decodeJwt(String(headers['txn-token'])))
}

async function calls(of: 'acme' | 'globex', target: string): Promise<readonly CallRecord[]> {
  const entries = await world.entries(of)
  return entries.filter((entry) => entry.kind === 'call').filter((call) => call.target === target)
}

async function grants(): Promise<readonly GrantEntry[]> {
  return (await world.entries('globex')).filter((entry) => entry.kind === 'grant')
}

async function errorOf(answer: Promise<Response>): Promise<unknown> {
  const { status } = await answer
  const body = (await (await answer).json()) as { readonly error?: string }
  return status === 200 ? 'ok' : body.error
}

const shown = {
  full: ['agent:console', 'agent:orchestrator', 'agent:research'],
  subset: ['agent:orchestrator', 'agent:research'],
  actor_only: ['agent:research'],
}

describe('a call that crosses the border', () => {
  test.each(levels)(
    'with %s shows those actors and no others, all of them counted, and the head both ledgers hold',
    async (level) => {
      const slug = `desk-${level.replace('_', '-')}`
      const before = world.desk.asked.length
      const said = await world.say(`research ${slug}`)
      expect(said.text).toContain('desk is done')
      expect(world.desk.asked.length).toBe(before + 1)
      const token = delivered().at(-1)
      const ext = { iss: acme, depth: 3, actors: shown[level] }
      expect(token).toMatchObject({ dlg: { ext, depth: 1, max: 1 } })
      expect(token?.['sub']).toMatch(/@acme\.example$/)
      const { head } = (token as { dlg: { ext: { head: string } } }).dlg.ext
      const ours = await vi.waitFor(async () => {
        const [record] = (await calls('acme', `agent:${slug}`)).toReversed()
        if (record?.depth !== 3) throw new Error('not yet')
        return record
      }, patient)
      expect(head).toBe(ours.dlg_head)
      await vi.waitFor(async () => expect((await calls('globex', 'agent:desk')).at(-1)?.ext_head).toBe(head), patient)
      expect((await grants()).at(-1)).toMatchObject({
        decision: 'allow',
        agent: 'agent:acme',
        person: token?.['sub'],
        ext: { issuer: acme, head, depth: 3, actors: shown[level] },
      })
    },
  )

  test('names the person by a name of its own for that partner, or by ours where that is asked for', async () => {
    await world.say('research desk-full')
    expect(delivered().at(-1)).toMatchObject({ sub: 'user:tomas@acme.example' })
    await world.say('research desk-subset')
    await world.say('research desk-actor-only')
    const [one, other] = delivered().slice(-2)
    expect(one?.['sub']).toMatch(/^user:[0-9a-f]{64}@acme\.example$/)
    expect(other?.['sub']).toBe(one?.['sub'])
  })

  test('carries nothing that acme gave its own agents', async () => {
    await world.say('research desk-actor-only')
    const raw = world.desk.asked.at(-1)?.raw ?? ''
    const claims = JSON.stringify(delivered().at(-1))
    for (const secret of ['wk_', 'agent:console', 'agent:orchestrator', 'tomas'])
      expect([raw.includes(secret), claims.includes(secret)]).toEqual([false, false])
  })

  test('counts the agents of both sides: the desk calls on only where there is room', async () => {
    const near = await world.say('desk-full archive')
    expect(near.text).toContain('archive is done')
    const { length } = world.archive.asked
    const far = await world.say('research desk-full archive')
    expect(far.text).toContain('weir:depth_exceeded')
    expect(world.archive.asked.length).toBe(length)
    const tooFar = await world.say('research writer desk-full')
    expect(tooFar.text).toContain('weir:upstream_unavailable')
    expect((await grants()).at(-1)).toMatchObject({ decision: 'deny', error: 'invalid_grant' })
  })

  test('of one chain in one run costs one grant, and of another run another', async () => {
    const before = (await grants()).length
    await world.say('desk-full')
    await world.say('desk-full')
    expect((await grants()).length).toBe(before + 2)
  })
})

describe('a grant', () => {
  test('is good for one token', async () => {
    const grant = world.grant()
    expect(await errorOf(world.spend(grant))).toBe('ok')
    expect(await errorOf(world.spend(grant))).toBe('invalid_grant')
    const twice = world.grant()
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await errorOf(world.spend(twice))))
    expect(answers.filter((error) => error === 'ok')).toHaveLength(1)
    expect(new Set(answers)).toEqual(new Set(['ok', 'invalid_grant']))
  })

  test('is spent by the client it names and by no other client of the same partner', async () => {
    expect(await errorOf(world.spend(world.grant(), 'agent:acme-batch'))).toBe('invalid_grant')
    expect(await errorOf(world.spend(world.grant({ client_id: 'agent:acme-batch' }), 'agent:acme-batch'))).toBe('ok')
  })

  test.each([
    ['signed with the key of another partner', {}, 'initech'],
    ['in the name of another partner', { iss: 'https://initech.example' }, 'acme'],
    ['in the name of globex itself', { iss: 'https://globex.example' }, 'acme'],
    ['for another server', { aud: 'https://initech.example' }, 'acme'],
    ['for somebody with no name', { sub: '/../' }, 'acme'],
    ['that lives for an hour', { exp: Math.floor(Date.now() / 1000) + 3600 }, 'acme'],
    ['of a chain that leaves no room', { dlg: { depth: 4 } }, 'acme'],
    ['that says less than it shows', { dlg: { depth: 0 }, act: nested(4) }, 'acme'],
  ] as const)('%s is refused', async (_what, change, by) => {
    expect(await errorOf(world.spend(world.grant(change, by)))).toBe('invalid_grant')
  })

  test('opens a run for that person and for nobody of globex', async () => {
    const answer = await world.spend(world.grant({ sub: 'ana' }))
    const { access_token } = (await answer.json()) as { readonly access_token: string }
    expect(decodeJwt(access_token)).toMatchObject({ sub: 'user:ana@acme.example', dlg: { ext: { depth: 1 } } })
  })
})

function nested(depth: number): object {
  return depth === 0 ? { sub: 'agent:a' } : { sub: 'agent:a', act: nested(depth - 1) }
}
