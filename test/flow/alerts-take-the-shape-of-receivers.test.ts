/** A real loop through a real gateway is cut, and each receiver is told in its own shape, without a word of its key in the log. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loopConfig, startLoop, startLoopCall } from '../support/loop.ts'
import { until } from '../support/relay.ts'
import { startWebhook, type TestWebhook } from '../support/webhook.ts'
import { startWeir } from '../support/weir.ts'

const key = 'e93facc04764012d7bfb002500d5d1a6'
const hooks: TestWebhook[] = []
let page = ''
let log = ''

beforeAll(async () => {
  // Slack answers 200, PagerDuty 202; the last one refuses for good.
  for (const answers of [[200], [202], [400]]) hooks.push(await startWebhook(answers))
  const [slack, pager, gone] = hooks
  const webhooks = [
    { url: slack?.url, shape: 'slack' },
    { url: pager?.url, shape: 'pagerduty', routing_key: key },
    { url: gone?.url, shape: 'pagerduty', routing_key: key },
  ]
  const loop = await startLoop()
  const policy = join(import.meta.dirname, '../../config/policy-open')
  const more = { alerts: { webhooks } }
  const weir = await startWeir(loopConfig(loop, { policy, limits: { run: { depth_max: 4 } }, more }))
  loop.connect(weir)
  await startLoopCall(weir)
  await until(() => hooks.every(({ delivered }) => delivered.length > 0))
  const read = async (): Promise<string> => (await fetch(`${weir.admin}/metrics`)).text()
  for (page = await read(); !page.includes('weir_alerts_dead_total 1'); page = await read())
    await new Promise((resolve) => setTimeout(resolve, 20))
  await weir.stop()
  log = weir.log()
  await loop.stop()
})

afterAll(async () => {
  await Promise.all(hooks.map((hook) => hook.stop()))
})

const bodyOf = (place: number): string => hooks[place]?.delivered[0]?.body ?? ''

test('Slack is told the edge where the circle closes, and the commands to look at it', () => {
  const { text, blocks } = JSON.parse(bodyOf(0)) as { readonly text: string; readonly blocks: readonly object[] }
  const [run = ''] = /run_[0-9a-f]{32}/.exec(text) ?? []
  const shown = JSON.stringify(blocks)
  for (const part of ['*depth*\\n3', '*lap*\\n2', '*cost*\\n$0.04', 'agent:research -&gt; agent:orchestrator'])
    expect(shown).toContain(part)
  expect(shown).toContain(`weir runs show ${run}\\nweir runs tree ${run}`)
})

test('PagerDuty gets one incident by the id of the run', () => {
  const event: unknown = JSON.parse(bodyOf(1))
  expect(event).toMatchObject({
    routing_key: key,
    event_action: 'trigger',
    dedup_key: expect.stringMatching(/^run_[0-9a-f]{32}$/) as string,
    payload: {
      severity: 'critical',
      class: 'run_halted',
      component: 'agent:console',
      custom_details: { code: 'depth_exceeded', rule: 'run.depth_max', depth: '3', lap: '2', cost: '$0.04' },
    },
  })
})

test('no key and no path of a webhook is in the log, which says what was given up', () => {
  expect(log).toContain('an alert was given up')
  for (const secret of [key, '/hook']) expect(log).not.toContain(secret)
})

test('what was given up is counted, and halts and refusals of other kinds stand on the page as 0', () => {
  expect(page).toContain('weir_runs_halted_total{code="depth_exceeded"} 1')
  expect(page).toContain('weir_runs_halted_total{code="operator"} 0')
  expect(page).toContain('weir_denials_total{code="unauthenticated"} 0')
})
