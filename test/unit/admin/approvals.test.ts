import { anyAdmin } from '../../../src/admin/callers.ts'
import { describe, expect, test } from 'vitest'
import { approvalRoutes } from '../../../src/admin/approvals.ts'
import type { Route } from '../../../src/admin/routes.ts'
import { runRoutes } from '../../../src/admin/runs.ts'
import { codeOf, pay, riskyRoad, type RiskyRoad } from '../../support/risky-road.ts'

async function ask({ road }: RiskyRoad, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const routes: readonly Route[] = [...runRoutes(road), ...approvalRoutes(road)]
  const parts = path.split('/')
  const route = routes.find((each) => {
    const wanted = each.path.split('/')
    const fits =
      wanted.length === parts.length && wanted.every((part, at) => part.startsWith(':') || part === parts[at])
    return fits && each.method === (body === undefined ? 'GET' : 'POST')
  })
  if (!route) throw new Error(`no route for ${path}`)
  const request = {
    parameters: { id: parts[4] ?? '' },
    query: new URLSearchParams(),
    headers: new Map(),
    caller: anyAdmin,
    body: Buffer.from(JSON.stringify(body ?? {})),
  }
  const answer = await route.answer(request)
  return { status: answer.status, body: JSON.parse(answer.body) as unknown }
}

const yes = { reason: 'checked', actor: 'ana' }

describe('approvals for operators', () => {
  test('what waits is shown with what it asks for', async () => {
    const trial = await riskyRoad(true)
    await trial.tryCall('payer', pay)
    const { id, run, args_hash } = trial.approval()
    const view = { id, state: 'pending', run: run.id, agent: 'agent:orchestrator', target: 'agent:payer' }
    const why = { method: 'SendMessage', args_hash, rule: 'guard.taint-write', taint: 'external', by: null }
    const params = '{"message":{"parts":[{"data":{"pay":{"cents":4200,"to":"acme"}}}],"role":"ROLE_USER"}}'
    expect(await ask(trial, '/api/v1/approvals')).toMatchObject({
      status: 200,
      body: { schema: 'weir.approvals/v1', approvals: [{ ...view, ...why, params, params_chars: params.length }] },
    })
  })

  test('granting is said once, recorded, and lets the call through', async () => {
    const trial = await riskyRoad(true)
    await trial.tryCall('payer', pay)
    const { id, args_hash } = trial.approval()
    expect(await ask(trial, `/api/v1/approvals/${id}/grant`, yes)).toMatchObject({
      status: 200,
      body: { schema: 'weir.approval/v1', id, state: 'granted', by: 'ana', reason: 'checked' },
    })
    expect(trial.entries.findLast((entry) => entry.kind === 'approval')).toMatchObject({
      event: 'granted',
      id,
      actor: 'ana',
      reason: 'checked',
      args_hash,
      agent: 'agent:orchestrator',
      target: 'agent:payer',
    })
    expect(await ask(trial, `/api/v1/approvals/${id}/refuse`, yes)).toMatchObject({
      status: 409,
      body: { code: 'decided' },
    })
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
    expect(await ask(trial, `/api/v1/approvals/${id}/grant`, yes)).toMatchObject({ status: 404 })
  })

  test('what nobody asked for cannot be granted, and no decision is without a reason', async () => {
    const trial = await riskyRoad(true)
    await trial.tryCall('payer', pay)
    const { id } = trial.approval()
    expect(await ask(trial, `/api/v1/approvals/apr_${'0'.repeat(32)}/grant`, yes)).toMatchObject({ status: 404 })
    expect(await ask(trial, '/api/v1/approvals/toString/grant', yes)).toMatchObject({ status: 404 })
    expect(await ask(trial, `/api/v1/approvals/${id}/grant`, { actor: 'ana' })).toMatchObject({ status: 400 })
    expect(trial.approval().state).toBe('pending')
  })

  test('a ledger that takes nothing decides nothing', async () => {
    const trial = await riskyRoad(true)
    await trial.tryCall('payer', pay)
    Object.assign(trial.road.ledger, { append: () => false })
    expect(await ask(trial, `/api/v1/approvals/${trial.approval().id}/grant`, yes)).toMatchObject({ status: 503 })
  })
})

describe('the taint of a run, said by an operator', () => {
  const taint = (trial: RiskyRoad, to: unknown) =>
    ask(trial, `/api/v1/runs/${trial.road.runs.list()[0]?.id}/taint`, { ...yes, taint: to })

  test('binds the calls that follow, and is kept with its reason', async () => {
    const trial = await riskyRoad(false)
    expect(await taint(trial, 'injected')).toMatchObject({
      status: 200,
      body: { schema: 'weir.run/v1', taint: 'injected' },
    })
    expect(trial.entries.at(-1)).toMatchObject({
      kind: 'run',
      event: 'tainted',
      code: 'injected',
      reason: 'checked',
      actor: 'ana',
    })
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('approval_required')
  })

  test('never falls', async () => {
    const trial = await riskyRoad(true)
    expect(await taint(trial, 'none')).toMatchObject({ status: 409, body: { code: 'taint_never_falls' } })
    expect(await taint(trial, 'external')).toMatchObject({ status: 409 })
    expect(await taint(trial, 'clean')).toMatchObject({ status: 400 })
    expect(trial.road.runs.list()[0]?.taint).toBe('external')
  })
})
