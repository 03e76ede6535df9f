import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDataUrl, sniffMime } from '../../src/wire/media.ts'

const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')

describe('parseDataUrl', () => {
  test('any bytes, in either alphabet, with or without padding', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom<BufferEncoding>('base64', 'base64url'), (bytes, alphabet) => {
        const text = Buffer.from(bytes).toString(alphabet)
        const expected = { mime: 'image/png', base64: Buffer.from(bytes).toString('base64') }
        expect(parseDataUrl(`data:image/png;base64,${text}`)).toEqual(expected)
        expect(parseDataUrl(`data:image/png;base64,${encodeURIComponent(text)}`)).toEqual(expected)
        expect(parseDataUrl(`data:image/png;base64,\n ${text.replaceAll(/(.{3})/g, '$1\r\n')} `)).toEqual(expected)
      }),
    )
  })

  const cases: { url: string; mime: string; text: string }[] = [
    { url: 'data:image/png;base64,aGk=', mime: 'image/png', text: 'hi' },
    { url: ' DATA:Image/PNG; BASE64 ,aGk', mime: 'image/png', text: 'hi' },
    { url: 'data:text/plain;charset=utf-8;base64,aGk=', mime: 'text/plain', text: 'hi' },
    { url: 'data:;base64,aGk=', mime: 'text/plain', text: 'hi' },
    { url: 'data:nonsense;base64,aGk=', mime: 'text/plain', text: 'hi' },
    { url: 'data:,hi', mime: 'text/plain', text: 'hi' },
    { url: 'data:text/html,%3Cp%3E100%', mime: 'text/html', text: '<p>100%' },
    { url: 'data:text/plain,a,b', mime: 'text/plain', text: 'a,b' },
    { url: 'data:application/octet-stream,%ff%00', mime: 'application/octet-stream', text: '\xff\0' },
    { url: 'data:text/plain,é', mime: 'text/plain', text: '\xc3\xa9' },
  ]
  test.each(cases)('$url', ({ url, mime, text }) => {
    expect(parseDataUrl(url)).toEqual({ mime, base64: base64(text) })
  })

  test.each([
    'https://example.com/',
    'data:image/png;base64',
    'data:;base64,a',
    'data:;base64,a*b=',
    'data:;base64,aG=k',
    '',
  ])('%j is none', (url) => {
    expect(parseDataUrl(url)).toBeUndefined()
  })
})

describe('sniffMime', () => {
  const files: { head: string; mime: string | undefined }[] = [
    { head: '\xff\xd8\xff\xe0', mime: 'image/jpeg' },
    { head: '\x89PNG\r\n\x1a\n', mime: 'image/png' },
    { head: 'GIF89a', mime: 'image/gif' },
    { head: 'RIFF\x24\0\0\0WEBPVP8 ', mime: 'image/webp' },
    { head: 'RIFF\x24\0\0\0WAVEfmt ', mime: 'audio/wav' },
    { head: 'BM\x46\0\0\0\0\0\0\0\x36', mime: 'image/bmp' },
    { head: 'II*\0\x08', mime: 'image/tiff' },
    { head: 'MM\0*\0', mime: 'image/tiff' },
    { head: '%PDF-1.7', mime: 'application/pdf' },
    { head: '\0\0\0\x18ftypheic', mime: 'image/heic' },
    { head: '\0\0\0\x18ftypavif', mime: 'image/avif' },
    { head: '\0\0\0\x18ftypisom', mime: 'video/mp4' },
    { head: '\0\0\0\x18ftypM4A ', mime: 'audio/mp4' },
    { head: 'OggS\0\x02', mime: 'audio/ogg' },
    { head: 'fLaC\0', mime: 'audio/flac' },
    { head: '\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm', mime: 'video/webm' },
    { head: '\x1aE\xdf\xa3\x9fB\x82\x88matroska', mime: undefined },
    { head: 'ID3\x04\0', mime: 'audio/mpeg' },
    { head: '\xff\xfb\x90\x64', mime: 'audio/mpeg' },
    { head: '\xff\xf1\x50\x80', mime: undefined },
    { head: '\xff\xfeh\0i\0', mime: undefined },
    { head: 'BMW is a car maker', mime: undefined },
    { head: '<svg xmlns=', mime: undefined },
    { head: '', mime: undefined },
  ]
  test.each(files)('$head is $mime', ({ head, mime }) => {
    expect(sniffMime(base64(head))).toBe(mime)
    expect(sniffMime(base64(head + 'x'.repeat(1000)))).toBe(mime)
  })
})
