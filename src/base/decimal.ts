/**
 * Decimal numbers as JSON writes them (RFC 8259 section 6), turned into whole amounts without ever becoming a float: in
 * floats 0.1 and 0.2 dollars are not 30 cents.
 */

const numberForm = /^(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d{1,6}))?$/

/** Longer numbers are nobody's price. Unit: characters. */
const text_max = 256

/**
 * `text` times `scale`, rounded up to a whole number; null for what is no number of JSON, is negative, or comes to more than
 * `max`. `scale` is whole and not negative.
 */
export function scaledUp(text: string, scale: number, max: number): number | null {
  const [, whole = '', fraction = '', exponent = '0'] = (text.length <= text_max && numberForm.exec(text)) || []
  if (whole === '') return null
  const amount = BigInt(whole + fraction) * BigInt(scale)
  if (amount === 0n) return 0
  const power = Number(exponent) - fraction.length
  // Beyond these powers it is too much, or a trace of the smallest unit, whatever its digits are.
  if (power > text_max) return null
  if (power < -4 * text_max) return max < 1 ? null : 1
  const divisor = power < 0 ? 10n ** BigInt(-power) : 1n
  const multiple = power > 0 ? amount * 10n ** BigInt(power) : amount
  const units = (multiple + divisor - 1n) / divisor
  return units > BigInt(max) ? null : Number(units)
}
