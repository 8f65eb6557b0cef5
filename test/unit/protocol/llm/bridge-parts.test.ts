import { expect, test } from 'vitest'
import { partsOf } from '../../../../src/protocol/llm/bridge-parts.ts'

const png = 'data:image/png;base64,aGk='

test.each([
  ['a text', 'hello', [{ text: 'hello' }]],
  ['nothing', '', []],
  [
    'texts of both APIs',
    [
      { type: 'text', text: 'a' },
      { type: 'input_text', text: 'b' },
    ],
    [{ text: 'a' }, { text: 'b' }],
  ],
  ['an empty text', [{ type: 'text', text: '' }], []],
  ['a picture in chat', [{ type: 'image_url', image_url: { url: png } }], [{ raw: 'aGk=', mediaType: 'image/png' }]],
  ['a picture in responses', [{ type: 'input_image', image_url: png }], [{ raw: 'aGk=', mediaType: 'image/png' }]],
  [
    'a picture elsewhere',
    [{ type: 'input_image', image_url: 'https://x.test/a.png' }],
    [{ url: 'https://x.test/a.png' }],
  ],
  [
    'a file in chat',
    [{ type: 'file', file: { file_data: 'data:application/pdf;base64,aGk=', filename: 'a.pdf' } }],
    [{ raw: 'aGk=', mediaType: 'application/pdf', filename: 'a.pdf' }],
  ],
  [
    'a file of bytes alone',
    [{ type: 'input_file', file_data: 'aGk=', filename: 'a.pdf' }],
    [{ raw: 'aGk=', filename: 'a.pdf' }],
  ],
  ['a file elsewhere', [{ type: 'input_file', file_url: 'https://x.test/a' }], [{ url: 'https://x.test/a' }]],
  ['escaped data', [{ type: 'input_image', image_url: 'data:,h%C3%A9' }], [{ raw: 'aMOp', mediaType: 'text/plain' }]],
  [
    'a media type with parameters',
    [{ type: 'input_file', file_data: 'data:text/plain;charset=utf-8;base64,aGk=' }],
    [{ raw: 'aGk=', mediaType: 'text/plain' }],
  ],
  [
    'sound',
    [{ type: 'input_audio', input_audio: { data: 'aGk=', format: 'mp3' } }],
    [{ raw: 'aGk=', mediaType: 'audio/mpeg' }],
  ],
])('%s becomes parts of a message', (_what, content, parts) => {
  expect(partsOf(content, 'input')).toEqual(parts)
})

test.each([
  ['an upload by its id', [{ type: 'input_file', file_id: 'file-1' }], 'input[0]'],
  ['a type nobody knows', [{ type: 'text', text: 'a' }, { type: 'video' }], 'input[1].type'],
  ['the name of a member of every object', [{ type: 'constructor' }], 'input[0].type'],
  ['no part', ['a'], 'input[0].type'],
  ['no content', 7, 'input'],
  ['a text that is none', [{ type: 'text', text: 7 }], 'input[0].text'],
  ['a data URL without data', [{ type: 'input_image', image_url: 'data:image/png' }], 'input[0]'],
  ['data that is no base64', [{ type: 'input_image', image_url: 'data:image/png;base64,***' }], 'input[0]'],
  ['data that is not escaped', [{ type: 'input_image', image_url: 'data:,%E0%A4' }], 'input[0]'],
  ['another scheme', [{ type: 'input_image', image_url: 'file:///etc/passwd' }], 'input[0]'],
  ['a format that is no name', [{ type: 'input_audio', input_audio: { data: 'aGk=', format: 'a b' } }], 'input[0]'],
])('%s is refused by its place', (_what, content, param) => {
  expect(partsOf(content, 'input')).toMatchObject({ kind: 'bridge_mistake', param })
})
