/** Texts in the order of their UTF-16 units, the same on every machine; for `toSorted`. */
export function byText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}
