import { expect, test } from 'vitest'
import { frontWeir, modern } from '../support/front-weir.ts'
import { type Act, text } from '../support/plain-behind.ts'

const form = { method: 'elicitation/create', params: { mode: 'form', message: 'Code?', requestedSchema: {} } }
const capabilities = { elicitation: { form: {} } }
const inputResponses = { who: { action: 'accept', content: { code: '1234' } } }

const tools: Record<string, Act> = {
  rests: (turn) =>
    turn.resume ? text(JSON.stringify(turn.resume)) : turn.rest({ who: form }, 'of the one that asked'),
  waits: async (turn) => text([...(await turn.ask({ who: form }))].map(([, { kind }]) => kind).join()),
}

test.each(['rests', 'waits'])(
  'what a client answers to %s never reaches another server that has its name by then',
  async (name) => {
    await using weir = await frontWeir({ tools })
    const asked = await (await modern(weir, 'tools/call', { name }, { capabilities })).json()
    const { requestState } = (asked as { result: { requestState: string } }).result
    const again = { name, requestState, inputResponses }
    const servers = weir.world.road.snapshot.servers as Map<string, NonNullable<ReturnType<Map<string, never>['get']>>>
    const entry = weir.world.road.snapshot.servers.get('plain')
    if (!entry) throw new Error('the configuration names it')
    Object.assign(servers, { get: () => ({ ...entry, settings: { ...entry.settings, id: 'other' } }) })
    const runs = weir.behind.asked.length
    const refused = await (await modern(weir, 'tools/call', again, { capabilities })).json()
    expect(refused).toMatchObject({ error: { code: -32602 } })
    expect(weir.behind.asked).toHaveLength(runs)
  },
)
