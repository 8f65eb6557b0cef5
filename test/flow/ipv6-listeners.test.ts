/** Addresses of IPv6 are announced, and found again by the command line, as URLs. */
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startWeir } from '../support/weir.ts'

const hasIpv6 = Object.values(networkInterfaces()).some((found) => found?.some(({ address }) => address === '::1'))

test.skipIf(!hasIpv6)('a gateway on ::1 says where it is', async () => {
  const weir = await startWeir({ gateway: { listen: '[::1]:0', admin_listen: '[::1]:0' } })
  try {
    expect([new URL(weir.url).hostname, new URL(weir.admin).hostname]).toEqual(['[::1]', '[::1]'])
    expect(readFileSync(join(weir.directory, 'state', 'admin.url'), 'utf8').trim()).toBe(weir.admin)
    expect(await weir.ask('/api/v1/runs')).toMatchObject({ runs: [] })
  } finally {
    await weir.stop()
  }
})
