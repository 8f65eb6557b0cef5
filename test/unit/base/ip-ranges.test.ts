import { expect, test } from 'vitest'
import { IpRanges, isMetadataAddress, isPublicAddress, readIpRange } from '../../../src/base/ip-ranges.ts'

test.each(['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8', '0.0.0.0/0', '::/0'])('%s is a range', (text) => {
  expect(readIpRange(text)).not.toBeNull()
})

test.each([
  '',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/08',
  '10.0.0/8',
  '10.0.0.0/8/8',
  'fe80::1%eth0',
  'localhost',
  '1.2.3.4/',
])('%s is none', (text) => {
  expect(readIpRange(text)).toBeNull()
})

test('a range holds its addresses and those of no other family', () => {
  const ranges = new IpRanges(['10.1.0.0/16', 'fd00::/8'])
  expect(['10.1.2.3', 'fd12::1'].every((address) => ranges.has(address))).toBe(true)
  expect(['10.2.0.0', '::ffff:10.1.2.3', 'fe80::1', 'x'].some((address) => ranges.has(address))).toBe(false)
})

test.each(['1.1.1.1', '8.8.8.8', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

test.each([
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.9.9.9',
  '169.254.1.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:8.8.8.8',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd00::1',
  'ff02::1',
  '2002:7f00:1::',
  '2001::1',
  '2001:db8::1',
  '::7f00:1',
  'localhost',
  '',
])('%s is not', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test('metadata services are known, those at public addresses too', () => {
  expect(['169.254.169.254', 'fd00:ec2::254', '168.63.129.16', '100.100.100.200'].every(isMetadataAddress)).toBe(true)
  expect(isMetadataAddress('169.254.169.253')).toBe(false)
})
