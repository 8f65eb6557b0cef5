import { expect, test } from 'vitest'
import { problemsOf } from '../../support/temp-config.ts'

const server = (row: string, slug = 'a'): string => `tools: { servers: { ${slug}: { url: "https://t/mcp", ${row} } } }`

test.each([
  [
    'a token without an endpoint',
    server('credential: { mode: client_credentials, client_id: w }'),
    /credential\.token_endpoint: is missing, expected a value, because mode is client_credentials$/,
  ],
  [
    'two credentials in one header',
    server('headers: { Authorization: x }, credential: { mode: user }'),
    /headers\.Authorization: beside a credential that writes it/,
  ],
  [
    'a client id without the server that knows it',
    server('credential: { mode: user, client_id: w }'),
    /credential\.issuer: is missing, expected the authorization server that knows client_id$/,
  ],
  [
    'an endpoint where it is found out',
    server('credential: { mode: user, token_endpoint: "https://t/" }'),
    /found token_endpoint, expected nothing, because user finds it out$/,
  ],
  [
    'a metadata document for nobody',
    server('credential: { client_metadata_url: "https://t/" }'),
    /found client_metadata_url, expected credential\.mode user$/,
  ],
  [
    'the name of the way back',
    server('credential: { mode: user }', 'callback'),
    /found callback, expected another name, because \/connect\/callback is taken$/,
  ],
  [
    'a token for a process',
    'tools: { servers: { a: { process: { command: [x] }, credential: { mode: user } } } }',
    /found mode, expected none, because a process is given its credentials in its environment$/,
  ],
])('%s is shown with its place', async (_what, text, line) => {
  expect(await problemsOf(text)).toEqual(expect.arrayContaining([expect.stringMatching(line)]))
})

test.each([
  ['a person who connects', server('credential: { mode: user }')],
  ['a client of ours', server('credential: { mode: user, issuer: "https://as/", client_id: w, client_secret: s }')],
  [
    'a token of our own',
    server('credential: { mode: client_credentials, token_endpoint: "https://t/", client_id: w }'),
  ],
])('%s is right', async (_what, text) => {
  expect(await problemsOf(text)).toEqual([])
})
