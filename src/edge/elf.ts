/**
 * Relinks the C23 aliases of the strtol family in an ELF64 shared object to their classic names, so that a binary
 * built against glibc 2.38 loads on 2.36 and 2.37. `__isoc23_strtol` differs from `strtol` only in that it also reads
 * `0b` literals. Nothing but three symbol names, their version indexes and one version flag changes; no code does.
 * Layouts: System V gABI chapter 4 (sections, symbols), LSB 10.7 (symbol versions).
 */

const sectionTypes = { dynsym: 11, verneed: 0x6ffffffe, versym: 0x6fffffff }
const alias = '__isoc23_'
const library = 'libc.so.6'
const tooNew = 'GLIBC_2.38'
/** The version that carries the classic names on x86-64. */
const classic = 'GLIBC_2.2.5'
/** VER_FLG_WEAK: the dynamic linker does not mind when a weak version is absent. */
const weakFlag = 2
const versionMask = 0x7fff

interface Section {
  readonly type: number
  readonly offset: number
  readonly size: number
  readonly link: number
  readonly info: number
  readonly entrySize: number
}

interface Version {
  /** Offset of its Vernaux record. */
  readonly at: number
  readonly index: number
}

/** A relinked copy of `image`, or the reason, in one sentence, why it cannot be relinked. */
export function relinkC23Aliases(image: Uint8Array): Buffer | string {
  const out = Buffer.from(image)
  try {
    return relink(out)
  } catch (error) {
    if (error instanceof RangeError) return 'the binary is not a well-formed ELF64 file'
    throw error
  }
}

function relink(out: Buffer): Buffer | string {
  if (out.readUInt32BE(0) !== 0x7f454c46 || out[4] !== 2 || out[5] !== 1) return 'the binary is not little-endian ELF64'
  const sections = readSections(out)
  const symbols = sections.find((section) => section.type === sectionTypes.dynsym)
  const versionOf = sections.find((section) => section.type === sectionTypes.versym)
  const needs = sections.find((section) => section.type === sectionTypes.verneed)
  const names = sections[symbols?.link ?? -1]
  if (!symbols || !versionOf || !needs || !names) return 'the binary has no versioned dynamic symbols'
  const versions = readVersions(out, needs, names.offset)
  const from = versions.get(tooNew)
  const to = versions.get(classic)
  if (!from || !to) return `the binary does not reference both ${tooNew} and ${classic}`
  for (let row = 0; row * symbols.entrySize < symbols.size; row++) {
    const versionAt = versionOf.offset + row * 2
    if ((out.readUInt16LE(versionAt) & versionMask) !== from.index) continue
    const symbolAt = symbols.offset + row * symbols.entrySize
    const nameAt = out.readUInt32LE(symbolAt)
    if (!readName(out, names.offset + nameAt).startsWith(`${alias}strto`)) return `the binary needs more of ${tooNew}`
    // The classic name is the tail of the alias, so the name only starts later in the same string.
    out.writeUInt32LE(nameAt + alias.length, symbolAt)
    out.writeUInt16LE(to.index, versionAt)
  }
  out.writeUInt16LE(out.readUInt16LE(from.at + 4) | weakFlag, from.at + 4)
  return out
}

function readSections(image: Buffer): readonly Section[] {
  const start = readOffset(image, 0x28)
  const size = image.readUInt16LE(0x3a)
  return Array.from({ length: image.readUInt16LE(0x3c) }, (_, row) => {
    const at = start + row * size
    return {
      type: image.readUInt32LE(at + 4),
      offset: readOffset(image, at + 24),
      size: readOffset(image, at + 32),
      link: image.readUInt32LE(at + 40),
      info: image.readUInt32LE(at + 44),
      entrySize: Math.max(1, readOffset(image, at + 56)),
    }
  })
}

/** The versions wanted of libc: Verneed records, each with a list of Vernaux records. */
function readVersions(image: Buffer, needs: Section, names: number): ReadonlyMap<string, Version> {
  const versions = new Map<string, Version>()
  let need = needs.offset
  for (let row = 0; row < needs.info; row++) {
    const fromLibc = readName(image, names + image.readUInt32LE(need + 4)) === library
    let aux = need + image.readUInt32LE(need + 8)
    for (let left = image.readUInt16LE(need + 2); left > 0; left--) {
      const name = readName(image, names + image.readUInt32LE(aux + 8))
      if (fromLibc) versions.set(name, { at: aux, index: image.readUInt16LE(aux + 6) })
      aux += image.readUInt32LE(aux + 12)
    }
    need += image.readUInt32LE(need + 12)
  }
  return versions
}

function readOffset(image: Buffer, at: number): number {
  return Number(image.readBigUInt64LE(at))
}

function readName(image: Buffer, at: number): string {
  const end = image.indexOf(0, at)
  return image.toString('latin1', at, end === -1 ? at : end)
}
