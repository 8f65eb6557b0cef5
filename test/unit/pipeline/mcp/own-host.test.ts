import { expect, test } from 'vitest'
import { strangerHeader } from '../../../../src/pipeline/mcp/own-host.ts'

const here = {
  host: 'weir.example',
  origin: 'https://weir.example',
  onLoopback: false,
  origins: ['https://app.example'],
}
const local = { host: 'weir.test', origin: 'http://weir.test', onLoopback: true, origins: [] }

test.each([
  [here, 'weir.example', undefined, null],
  [here, 'WEIR.example', 'https://weir.example', null],
  [here, '127.0.0.1:8080', undefined, 'Host'],
  [here, 'evil.example', undefined, 'Host'],
  [here, 'weir.example', 'https://evil.example', 'Origin'],
  [here, 'weir.example', 'http://weir.example', 'Origin'],
  [here, 'weir.example', 'null', 'Origin'],
  [here, 'weir.example', 'https://app.example', null],
  [here, 'weir.example', 'https://app.example:444', 'Origin'],
  [here, 'evil.example', 'https://app.example', 'Host'],
  [local, '127.0.0.1:8080', undefined, null],
  [local, 'localhost:1', 'http://localhost:3000', null],
  [local, '[::1]:8080', undefined, null],
  [local, 'localhost.evil.example', undefined, 'Host'],
  [local, 'localhost:1', 'http://localhost.evil.example', 'Origin'],
])('at %o host %s and origin %s: %s', (home, host, origin, stranger) => {
  const headers = new Map([['host', host], ...(origin === undefined ? [] : [['origin', origin] as const])])
  expect(strangerHeader(headers, home)).toBe(stranger)
})
