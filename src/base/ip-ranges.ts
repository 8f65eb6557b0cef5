/**
 * Which addresses are of the open internet and which are of this machine, its network or nobody (IANA special-purpose
 * registries, RFC 6890 and its updates). For places that others name: they must not lead inside.
 */
import { BlockList, isIP } from 'node:net'
import { assert } from './assert.ts'

/** A range of addresses, `10.0.0.0/8` or `fd00::/8`; an address alone is a range of one. */
export interface IpRange {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Null for anything that is not one. */
export function readIpRange(text: string): IpRange | null {
  const [address = '', bits, more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more !== undefined || address.includes('%')) return null
  const widest = version === 4 ? 32 : 128
  if (bits !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(bits)) return null
  const prefix = bits === undefined ? widest : Number(bits)
  return prefix > widest ? null : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** A set of ranges. Every text must be a range. */
export class IpRanges {
  readonly #v4 = new BlockList()
  readonly #v6 = new BlockList()

  constructor(ranges: readonly string[]) {
    for (const text of ranges) {
      const range = readIpRange(text)
      assert(range !== null, 'only ranges that were read before are put into a set')
      const list = range.family === 'ipv4' ? this.#v4 : this.#v6
      list.addSubnet(range.address, range.prefix, range.family)
    }
  }

  /** Whether an address is in one of them; an IPv4 address in IPv6 clothes is not in a range of IPv4. */
  has(address: string): boolean {
    const version = isIP(address)
    if (version === 4) return this.#v4.check(address, 'ipv4')
    return version === 6 && this.#v6.check(address, 'ipv6')
  }
}

const notPublicV4 = new IpRanges([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
])

/** Of IPv6, only global unicast can be public at all: mapped, translated, local and multicast addresses are outside of it. */
const unicastV6 = new IpRanges(['2000::/3'])
/** Within it: protocol assignments with Teredo, documentation, 6to4. They carry IPv4 addresses, or nothing. */
const notPublicV6 = new IpRanges(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])

/** Whether an address is one that anybody on the internet could reach. False for what is no address. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !notPublicV4.has(address)
  return version === 6 && !address.includes('%') && unicastV6.has(address) && !notPublicV6.has(address)
}

/** Where clouds hand machines their credentials: AWS, GCP and others, ECS, Alibaba, Azure. */
const metadata = new IpRanges([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  '100.100.100.200',
  '168.63.129.16',
])

/** Whether whoever answers there gives away what this machine may do. */
export function isMetadataAddress(address: string): boolean {
  return metadata.has(address)
}
