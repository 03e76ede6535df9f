import type { Transform } from 'node:stream'
import { constants, createGunzip, createInflate, createInflateRaw, createZstdDecompress, type Zlib } from 'node:zlib'

/** Makes a decompressor for a body; some clients send `deflate` without its wrapper, so the first byte is asked. */
export type MakeInflater = (firstByte: number) => Transform & Zlib

const DEFLATE_METHOD = 8

/** 8 MiB: what RFC 9659 allows an HTTP body to ask for. More would let a few bytes reserve 128 MiB. */
const ZSTD_WINDOW_LOG = 23

const INFLATERS: Readonly<Record<string, MakeInflater>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: (firstByte) => ((firstByte & 0x0f) === DEFLATE_METHOD ? createInflate() : createInflateRaw()),
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
}

/** The inflater of a `content-encoding`; `identity` when there is nothing to undo; undefined when it is not supported (brotli, several). */
export function inflaterFor(encoding: string | undefined): MakeInflater | 'identity' | undefined {
  const name = encoding?.trim().toLowerCase() || 'identity'
  if (name === 'identity') return 'identity'
  return Object.hasOwn(INFLATERS, name) ? INFLATERS[name] : undefined
}
