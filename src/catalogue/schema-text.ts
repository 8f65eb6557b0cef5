/** Short words about schemas for a model: what was expected, never what was sent. */
import { visibleText } from './hygiene.ts'

const shown_chars_max = 160
const name_chars_max = 40
const steps_shown_max = 8

/** Values of a schema, as JSON, as far as there is room. */
export function shortly(values: readonly unknown[]): string {
  const all = visibleText(values.map((each) => JSON.stringify(each)).join(', '))
  return all.length > shown_chars_max ? `${all.slice(0, shown_chars_max)}…` : all || 'none'
}

/** `filters[2].name`. Names come from whoever sent the value, so they are cut. */
export function pathText(path: readonly (string | number)[]): string {
  const steps = path.length > steps_shown_max ? [...path.slice(0, steps_shown_max), '…'] : path
  return steps
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${nameText(step)}`))
    .join('')
}

function nameText(name: string): string {
  const shown = visibleText(name).replaceAll(/\s/g, ' ')
  return shown.length > name_chars_max ? `${shown.slice(0, name_chars_max)}…` : shown
}
