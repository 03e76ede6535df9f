import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { isPublicAddress } from '../../src/wire/address.ts'
import { fetchMedia, type MediaOptions } from '../../src/wire/dialer.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const BINARY = Buffer.from([0x80, 0xff, 0x00, 0x81, 0x82])
const LOOPBACK: MediaOptions = { allowHttp: true, allow: (address) => address === '127.0.0.1' }

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A loopback server; `seen` are the requests that reached it. */
async function serve(listener: RequestListener): Promise<{ url: string; port: number; seen: string[] }> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`)
    listener(request, response)
  })
  closers.push(() => void server.close().closeAllConnections())
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  // A server that listens on a port has an address of this shape.
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, seen }
}

const redirectTo = (location: string): RequestListener => {
  return (_, response) => void response.writeHead(302, { location, connection: 'close' }).end('moved')
}

describe('isPublicAddress', () => {
  test.each(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '2001:4860:4860::8888'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  test.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '192.0.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::1',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'localhost',
    '',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

describe('fetchMedia', () => {
  const files: { name: string; body: Buffer; declared: string; mime: string }[] = [
    { name: 'an image', body: PNG, declared: 'image/png', mime: 'image/png' },
    { name: 'an image under a false name', body: PNG, declared: 'text/html', mime: 'image/png' },
    { name: 'text', body: Buffer.from('héllo'), declared: 'text/markdown', mime: 'text/plain' },
    { name: 'SVG', body: Buffer.from('<svg xmlns="x"></svg>'), declared: 'image/svg+xml', mime: 'text/plain' },
    { name: 'XML', body: Buffer.from('<?xml version="1.0"?><svg/>'), declared: 'image/svg+xml', mime: 'text/plain' },
    { name: 'HTML', body: Buffer.from('<!doctype html><p>'), declared: 'image/png', mime: 'text/plain' },
    { name: 'unknown bytes', body: BINARY, declared: 'Video/X-Raw; codec=1', mime: 'video/x-raw' },
    { name: 'unknown bytes called SVG', body: BINARY, declared: 'image/svg+xml', mime: 'application/octet-stream' },
    { name: 'unknown bytes called nonsense', body: BINARY, declared: 'a b/c', mime: 'application/octet-stream' },
  ]
  test.each(files)('$name', async ({ body, declared, mime }) => {
    const { url } = await serve((_, response) => void response.writeHead(200, { 'content-type': declared }).end(body))
    expect(await fetchMedia(url, LOOPBACK)).toEqual({ ok: true, bytes: body, mime })
  })

  const answers: { name: string; listener: RequestListener; problem: string; timeoutMs?: number }[] = [
    {
      name: '404',
      listener: (_, response) => void response.writeHead(404).end('no'),
      problem: 'the server answered 404',
    },
    { name: 'nothing', listener: (_, response) => void response.end(), problem: 'the file is empty' },
    {
      name: 'a length above the limit',
      listener: (_, response) => void response.end(Buffer.alloc(101)),
      problem: 'the file is larger than 100 bytes',
    },
    {
      name: 'chunks above the limit',
      listener: (_, response) => {
        response.write(Buffer.alloc(60))
        response.write(Buffer.alloc(60))
      },
      problem: 'the file is larger than 100 bytes',
    },
    {
      name: 'compression',
      listener: (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      problem: 'the server compressed the file without being asked to',
    },
    {
      name: 'a redirect to nowhere',
      listener: (_, response) => void response.writeHead(302).end(),
      problem: 'the server redirects to nowhere',
    },
    { name: 'an endless circle', listener: redirectTo('/again'), problem: 'more than 2 redirects' },
    {
      name: 'a broken connection',
      listener: (request) => request.socket.destroy(),
      problem: 'the server could not be reached',
    },
    { name: 'silence', listener: () => undefined, problem: 'the server took longer than 100 ms', timeoutMs: 100 },
    {
      name: 'a body that stops',
      listener: (_, response) => void response.write('x'),
      problem: 'the server took longer than 100 ms',
      timeoutMs: 100,
    },
  ]
  test.each(answers)('$name', async ({ listener, problem, timeoutMs = 10_000 }) => {
    const { url } = await serve(listener)
    const limits = { bytes: 100, redirects: 2, timeoutMs }
    expect(await fetchMedia(url, { ...LOOPBACK, ...limits })).toEqual({ ok: false, problem })
  })

  test('nothing of ours is sent along', async () => {
    const { url } = await serve((request, response) => void response.end(JSON.stringify(request.headers)))
    const result = await fetchMedia(`${url}/a?b#c`, LOOPBACK)
    const headers = Object.keys(result.ok ? JSON.parse(result.bytes.toString()) : {})
    expect(headers.sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent'])
  })

  test('relative redirects are followed', async () => {
    const { url, seen } = await serve((request, response) =>
      request.url === '/file' ? response.end(PNG) : redirectTo('/file')(request, response),
    )
    expect(await fetchMedia(`${url}/first`, LOOPBACK)).toMatchObject({ ok: true, mime: 'image/png' })
    expect(seen.map((line) => line.split(' ')[1])).toEqual(['/first', '/file'])
  })

  const refusedUrls: { url: string; options?: MediaOptions; problem: string }[] = [
    { url: 'nonsense', problem: 'not a URL' },
    { url: 'http://example.com/', problem: 'URLs must begin with https:' },
    { url: 'ftp://example.com/', options: LOOPBACK, problem: 'URLs must begin with https: or http:' },
    { url: 'file:///etc/passwd', problem: 'URLs must begin with https:' },
    { url: 'data:text/plain,x', problem: 'URLs must begin with https:' },
    { url: 'https://user@example.com/', problem: 'URLs must not carry a name or password' },
    { url: 'https://:word@example.com/', problem: 'URLs must not carry a name or password' },
    { url: 'https://127.0.0.1/', problem: 'the address is not allowed' },
    { url: 'https://0x7f.1/', problem: 'the address is not allowed' },
    { url: 'https://2130706433/', problem: 'the address is not allowed' },
    { url: 'https://[::1]/', problem: 'the address is not allowed' },
    { url: 'https://[::ffff:169.254.169.254]/', problem: 'the address is not allowed' },
    { url: 'https://8.8.8.8:8443/', problem: 'the address is not allowed' },
    { url: 'http://127.0.0.2/', options: LOOPBACK, problem: 'the address is not allowed' },
  ]
  test.each(refusedUrls)('$url is refused', async ({ url, options, problem }) => {
    expect(await fetchMedia(url, options)).toEqual({ ok: false, problem })
  })

  const targets = [
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://127.0.0.2/',
    '//127.0.0.3/',
  ]
  test.each(targets)('a redirect to %s is refused', async (location) => {
    const { url } = await serve(redirectTo(location))
    expect(await fetchMedia(url, LOOPBACK)).toEqual({ ok: false, problem: 'the address is not allowed' })
  })

  test('a redirect to a URL with a password or another scheme is refused', async () => {
    for (const location of ['http://a:b@127.0.0.1/', 'file:///etc/passwd']) {
      const { url } = await serve(redirectTo(location))
      expect((await fetchMedia(url, LOOPBACK)).ok).toBe(false)
    }
  })

  test('a name that resolves inside is refused and never connected to', async () => {
    const { port, seen } = await serve((_, response) => void response.end(PNG))
    const lookup = async () => [{ address: '127.0.0.1', family: 4 }]
    const result = await fetchMedia(`http://media.example:${port}/`, { allowHttp: true, lookup })
    expect(result).toEqual({ ok: false, problem: 'the address is not allowed' })
    expect(seen).toEqual([])
  })

  test('a name that changes its mind between two connections is refused at the second', async () => {
    const { port, seen } = await serve(redirectTo('/second'))
    const found = ['127.0.0.1', '127.0.0.2', '127.0.0.1']
    const lookup = async () => [{ address: found.shift() ?? '', family: 4 }]
    const result = await fetchMedia(`http://media.example:${port}/first`, { ...LOOPBACK, lookup })
    expect(result).toEqual({ ok: false, problem: 'the address is not allowed' })
    expect(seen).toEqual([`media.example:${port} /first`])
  })

  test('of several addresses only the allowed ones are tried', async () => {
    const { port } = await serve((_, response) => void response.end(PNG))
    const lookup = async () =>
      ['10.0.0.1', '127.0.0.1', '::1'].map((address) => ({ address, family: address === '::1' ? 6 : 4 }))
    const result = await fetchMedia(`http://media.example:${port}/`, { ...LOOPBACK, lookup })
    expect(result).toMatchObject({ ok: true, mime: 'image/png' })
  })

  test('an unknown name', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }))
    const result = await fetchMedia('https://media.example/', { lookup })
    expect(result).toEqual({ ok: false, problem: 'the host name is unknown' })
  })
})
