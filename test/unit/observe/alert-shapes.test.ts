import { expect, test } from 'vitest'
import { Secret } from '../../../src/config/secret.ts'
import type { Alert } from '../../../src/observe/alert.ts'
import { bodyFor } from '../../../src/observe/alert-shapes.ts'
import { noon, run } from '../ledger/entries.ts'

const id = run(7)
const edge = { from: 'agent:research', to: 'agent:orchestrator', depth: 3, lap: 2 }
const anomaly = {
  at: noon,
  sentence: `${id} is odd.`,
  run: { id, root: 'agent:orchestrator', cost_micros: 2_500_000, unpriced: 0 },
  edge,
}

const alerts: Readonly<Record<Alert['kind'], Alert>> = {
  run_halted: {
    kind: 'run_halted',
    at: noon,
    sentence: `${id} was halted by Weir: lap 2 of at most 1.`,
    run: {
      id,
      root: 'agent:orchestrator',
      person: 'user:tomas',
      calls: 12,
      spent: { tokens: 10, cost_micros: 1_200_000 },
      reserved: { tokens: 0, cost_micros: 300_000 },
      unpriced: 0,
      hops: Array.from({ length: 1000 }, () => ({ id: 'hop' })),
    },
    edge,
    rule: 'run.laps_max',
    code: 'loop_detected',
  },
  cost_velocity: { kind: 'cost_velocity', ...anomaly, of: id, rate_micros_per_min: 6e6, baseline_micros_per_min: 1e6 },
  repetition: { kind: 'repetition', ...anomaly, method: 'SendMessage', calls: 20, within_ms: 4500 },
  over: { kind: 'over', at: noon, sentence: `${id} has ended.`, run: { id } },
  approval_required: {
    kind: 'approval_required',
    at: noon,
    sentence: 'A call waits.',
    run: { id },
    approval: {
      id: 'apr_1',
      agent: 'agent:a',
      target: 'files/rm',
      method: 'tools/call',
      args_hash: 'h',
      hop: 'hop_1',
      person: null,
    },
    rule: null,
  },
  contained: {
    kind: 'contained',
    at: noon,
    sentence: 'agent:research was contained.',
    what: 'agent',
    name: 'agent:research',
    reason: 'odd',
    actor: 'ana',
    source: 'operator',
    ended: 2,
  },
  revoked: {
    kind: 'revoked',
    at: noon,
    sentence: 'user:tomas was revoked.',
    what: 'person',
    name: 'user:tomas',
    reason: 'left',
    actor: 'ana',
    source: 'operator',
    ended: 0,
  },
  card_changed: {
    kind: 'card_changed',
    at: noon,
    sentence: 'The card changed.',
    agent: 'agent:research',
    changes: ['skill pay added'],
    before: null,
    after: 'b'.repeat(64),
    quarantined: true,
  },
  tool_changed: {
    kind: 'tool_changed',
    at: noon,
    sentence: 'A tool changed.',
    server: 'files',
    tool: 'read; rm -rf /',
    state: 'quarantined',
    why: 'its text changed',
    before: null,
    after: 'sha256:1',
    classes: ['text'],
    changes: ['<!channel> ```'],
  },
}

const kinds = Object.keys(alerts) as Alert['kind'][]
const ofRuns = kinds.filter((kind) => 'run' in alerts[kind])
const routingKey = new Secret('r'.repeat(32))

interface Block {
  readonly type: string
  readonly text?: { readonly type: string; readonly text: string }
  readonly fields?: readonly { readonly text: string }[]
  readonly elements?: readonly unknown[]
}

const read = (body: string | null): unknown => JSON.parse(body ?? 'null')
const weir = (alert: Alert) => read(bodyFor(alert, {})) as { readonly commands: readonly string[] }
const slack = (alert: Alert) =>
  read(bodyFor(alert, { shape: 'slack' })) as { readonly text: string; readonly blocks: readonly Block[] } | null
const pager = (alert: Alert) =>
  read(bodyFor(alert, { shape: 'pagerduty', routingKey })) as Readonly<Record<string, unknown>> & {
    readonly payload: Readonly<Record<string, unknown>> & { readonly custom_details: Readonly<Record<string, unknown>> }
  }

test.each(kinds)('in our own shape %s is what it was, with the commands to go on', (kind) => {
  const { commands, ...rest } = weir(alerts[kind])
  expect(rest).toEqual({ schema: 'weir.alert/v1', ...alerts[kind] })
  expect(commands.filter((line) => !/^weir [\w ./<>-]+$/.test(line))).toEqual([])
})

test.each(ofRuns)('an alert of a run says how to look at it: %s', (kind) => {
  expect(weir(alerts[kind]).commands[0]).toBe(`weir runs show ${id}`)
})

test.each(['cost_velocity', 'repetition'] as const)('what goes on can be halted: %s', (kind) => {
  expect(weir(alerts[kind]).commands).toContain(`weir runs halt ${id} --reason <text>`)
})

test.each(['run_halted', 'cost_velocity', 'repetition'] as const)(
  'every shape has edge, depth, lap and cost: %s',
  (kind) => {
    const details = pager(alerts[kind]).payload.custom_details
    expect(details).toMatchObject({ edge: 'agent:research -> agent:orchestrator', depth: '3', lap: '2', run: id })
    expect(details['cost']).toMatch(/^\$(1\.50|2\.50)$/)
    const shown = JSON.stringify(slack(alerts[kind])?.blocks)
    for (const part of ['research -&gt; agent:orchestrator', '*depth*', '*lap*', String(details['cost']), id])
      expect(shown).toContain(part)
  },
)

test.each(kinds.filter((kind) => kind !== 'over'))('a message for Slack is within what Block Kit takes: %s', (kind) => {
  const message = slack(alerts[kind])
  const { text = '', blocks = [] } = message ?? {}
  expect(text).not.toBe('')
  expect(blocks.length).toBeLessThanOrEqual(50)
  for (const block of blocks) {
    expect(['header', 'section', 'context']).toContain(block.type)
    if (block.type === 'header') expect(block.text?.type).toBe('plain_text')
    const written = block.text?.text ?? ''
    expect(written.length).toBeLessThanOrEqual(block.type === 'header' ? 150 : 3000)
    if (block.type === 'section') expect(written !== '' || (block.fields ?? []).length > 0).toBe(true)
    expect((block.fields ?? []).length).toBeLessThanOrEqual(10)
    expect((block.fields ?? []).filter((field) => field.text.length > 2000)).toEqual([])
  }
})

test.each(kinds)('an event for PagerDuty has what the Events API v2 asks for: %s', (kind) => {
  const { routing_key, event_action, dedup_key, payload } = pager(alerts[kind])
  expect(routing_key).toBe('r'.repeat(32))
  expect(event_action).toBe(kind === 'over' ? 'resolve' : 'trigger')
  expect(String(dedup_key).length).toBeLessThanOrEqual(255)
  if (kind === 'over') return
  expect(['critical', 'error', 'warning', 'info']).toContain(payload['severity'])
  expect(payload['summary']).toBe(alerts[kind].sentence)
  expect(payload['source']).toBe('weir')
  expect(payload['timestamp']).toBe('2027-01-15T08:00:00.000Z')
  expect(payload['class']).toBe(kind)
  expect(payload.custom_details['commands']).toEqual(weir(alerts[kind]).commands)
})

test('everything about a run is one incident, which its end ends', () => {
  const keys = (['run_halted', 'cost_velocity', 'repetition', 'over'] as const).map(
    (kind) => pager(alerts[kind])['dedup_key'],
  )
  expect(new Set(keys)).toEqual(new Set([id]))
  expect(slack(alerts.over)).toBeNull()
})

test('the hops of a run are not sent where they do not fit', () => {
  expect(bodyFor(alerts.run_halted, { shape: 'pagerduty', routingKey })?.length).toBeLessThan(4000)
  expect(bodyFor(alerts.run_halted, { shape: 'slack' })?.length).toBeLessThan(4000)
})

test('what others chose mentions nobody, ends no block and is no command', () => {
  const shown = JSON.stringify(slack(alerts.tool_changed))
  expect(shown).not.toContain('<!channel>')
  expect(shown.split('```')).toHaveLength(3)
  expect(weir(alerts.tool_changed).commands).toEqual(['weir tools diff'])
})

test('a text that is too long is clipped between whole characters', () => {
  const long: Alert = { ...alerts.run_halted, sentence: `${'&'.repeat(2000)}${'😀'.repeat(2000)}` }
  expect(slack(long)?.text).toMatch(/^(&amp;)+…$/)
  expect(slack(long)?.text.length).toBeLessThanOrEqual(3000)
  const summary = String(pager({ ...long, sentence: `a${'😀'.repeat(2000)}` }).payload['summary'])
  expect(summary).toMatch(/^a(😀)+…$/u)
  expect(summary.length).toBeLessThanOrEqual(1024)
})

test('a run that is not as expected is shown as far as it is', () => {
  const odd = { ...alerts.run_halted, run: null } as Alert
  expect(pager(odd).payload.custom_details['cost']).toBe('$0.00')
  expect(slack(odd)).not.toBeNull()
})
