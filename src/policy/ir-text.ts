/** An expression of the compiled subset as Cedar's own words, for whoever asks which condition did not hold. */
import { unreachable } from '../base/assert.ts'
import type { EntityRef, Ir } from './source.ts'

/** Longer texts are cut: a condition is shown, not archived. */
const chars_max = 2000

export function textOf(ir: Ir): string {
  const text = written(ir)
  return text.length > chars_max ? `${text.slice(0, chars_max - 1)}…` : text
}

/** Reads that need no brackets around them. */
const plain: ReadonlySet<Ir['op']> = new Set(['literal', 'entity', 'variable', 'get', 'set', 'record'])

function inner(ir: Ir): string {
  return plain.has(ir.op) || (ir.op === 'eager' && ir.by.startsWith('contains')) ? written(ir) : `(${written(ir)})`
}

function written(ir: Ir): string {
  switch (ir.op) {
    case 'literal':
      return typeof ir.value === 'string' ? cedarText(ir.value) : String(ir.value)
    case 'entity':
      return entityText(ir.entity)
    case 'variable':
      return ir.name
    case 'unary':
      return ir.by === 'isEmpty' ? `${inner(ir.arg)}.isEmpty()` : `${ir.by === 'neg' ? '-' : '!'}${inner(ir.arg)}`
    case 'eager':
      return ir.by.startsWith('contains')
        ? `${inner(ir.left)}.${ir.by}(${written(ir.right)})`
        : `${inner(ir.left)} ${ir.by} ${inner(ir.right)}`
    case 'lazy':
      return `${operand(ir.left, ir.by)} ${ir.by} ${operand(ir.right, ir.by)}`
    case 'get':
      return isName(ir.attr) ? `${inner(ir.arg)}.${ir.attr}` : `${inner(ir.arg)}[${JSON.stringify(ir.attr)}]`
    case 'has':
      return `${inner(ir.arg)} has ${ir.path.map((name) => (isName(name) ? name : JSON.stringify(name))).join('.')}`
    case 'like':
      return `${inner(ir.arg)} like ${JSON.stringify(ir.pieces.map((piece) => piece.replaceAll('*', '\\*')).join('*'))}`
    case 'is':
      return `${inner(ir.arg)} is ${ir.type}${ir.within === null ? '' : ` in ${inner(ir.within)}`}`
    case 'if':
      return `if ${written(ir.test)} then ${written(ir.yes)} else ${written(ir.no)}`
    case 'set':
      return `[${ir.items.map(written).join(', ')}]`
    case 'record':
      return `{${ir.fields.map(([name, value]) => `${JSON.stringify(name)}: ${written(value)}`).join(', ')}}`
    default:
      return unreachable(ir)
  }
}

function operand(ir: Ir, by: '&&' | '||'): string {
  return ir.op === 'lazy' && ir.by !== by ? `(${written(ir)})` : written(ir)
}

export function entityText({ type, id }: EntityRef): string {
  return `${type}::${cedarText(id)}`
}

/** A text as Cedar's string literal; JSON's escapes of four digits are none of Cedar's. */
function cedarText(text: string): string {
  return JSON.stringify(text)
    .replaceAll(/\\u([0-9a-f]{4})/g, (_, digits: string) => `\\u{${digits}}`)
    .replaceAll(/\\[bf]/g, (escape) => (escape === '\\b' ? '\\u{8}' : '\\u{c}'))
}

function isName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text)
}
