/**
 * An alert as its receiver takes it: in Weir's own words, as a message of Slack (incoming webhooks, Block Kit), or as an
 * event of PagerDuty (Events API v2). Whatever others chose, as names and reasons, is clipped to what receivers take and
 * can neither mention anybody nor end a block.
 */
import type { Secret } from '../config/secret.ts'
import type { AlertShape, WebhookSettings } from '../config/settings.ts'
import type { Alert } from './alert.ts'
import { type AlertFacts, factsOf } from './alert-facts.ts'

type Receiver = Pick<WebhookSettings, 'shape' | 'routingKey'>

/** Null for what this receiver does not want to hear. */
export function bodyFor(alert: Alert, { shape = 'weir', routingKey = null }: Receiver): string | null {
  const body = shapes[shape](alert, factsOf(alert), routingKey)
  return body === null ? null : JSON.stringify(body)
}

type Shape = (alert: Alert, facts: AlertFacts, routingKey: Secret | null) => object | null

const shapes: Readonly<Record<AlertShape, Shape>> = { weir: weirAlert, slack: slackMessage, pagerduty: pagerDutyEvent }

function weirAlert(alert: Alert, { commands }: AlertFacts): object {
  return { schema: 'weir.alert/v1', ...alert, commands }
}

/** Block Kit: a header has at most 150 characters, the text of a section 3000, ten fields 2000 each. */
const header_max = 150
const section_max = 3000
const fields_max = 10
const field_max = 2000

/** A channel is no list of what is open: that something is over is not told there. */
function slackMessage(alert: Alert, { title, rows, commands }: AlertFacts): object | null {
  if (alert.kind === 'over') return null
  const fields = rows
    .slice(0, fields_max)
    .map(([name, value]) => ({ type: 'mrkdwn', text: `*${escaped(name, 100)}*\n${escaped(value, field_max - 200)}` }))
  const code = commands.map((line) => escaped(line, 500)).join('\n')
  return {
    // Shown in notifications, and by receivers that know no blocks.
    text: escaped(alert.sentence, section_max),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: clipped(title, header_max), emoji: false } },
      { type: 'section', text: { type: 'mrkdwn', text: escaped(alert.sentence, section_max), verbatim: true } },
      ...(fields.length > 0 ? [{ type: 'section', fields }] : []),
      ...(code === ''
        ? []
        : [{ type: 'section', text: { type: 'mrkdwn', text: `\`\`\`${code}\`\`\``, verbatim: true } }]),
      { type: 'context', elements: [{ type: 'plain_text', text: `Weir, ${timeText(alert)}`, emoji: false }] },
    ],
  }
}

/** The summary of an event has at most 1024 characters, its key 255. */
const summary_max = 1024
const key_max = 255
const detail_max = 4000

/** One incident for each run: everything about it has its id as key, and its end ends the incident. */
function pagerDutyEvent(
  alert: Alert,
  { severity, title, key, rows, commands }: AlertFacts,
  routing: Secret | null,
): object {
  const event = { routing_key: routing?.reveal() ?? '', dedup_key: clipped(key, key_max) }
  if (alert.kind === 'over') return { ...event, event_action: 'resolve' }
  return {
    ...event,
    event_action: 'trigger',
    client: 'Weir',
    payload: {
      summary: clipped(alert.sentence, summary_max),
      source: 'weir',
      severity,
      timestamp: timeText(alert),
      component: clipped(Object.fromEntries(rows)['root'] ?? 'gateway', 200),
      group: 'weir',
      class: alert.kind,
      custom_details: {
        what: title,
        ...Object.fromEntries(rows.map(([name, value]) => [name, clipped(value, detail_max)])),
        commands,
      },
    },
  }
}

function timeText({ at }: Alert): string {
  return new Date(at).toISOString()
}

/** Clips whole characters, so that half a pair is never sent. */
function clipped(text: string, max: number): string {
  if (text.length <= max) return text
  return `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '`': "'" }

/** The three characters of Slack's own markup, and the one that ends code; clipped after, never inside an escape. */
function escaped(text: string, max: number): string {
  let whole = ''
  for (const character of text) {
    const next = escapes[character] ?? character
    if (whole.length + next.length >= max) return `${whole}…`
    whole += next
  }
  return whole
}
