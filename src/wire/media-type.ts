import { isUtf8 } from 'node:buffer'

/**
 * What a file is, from its bytes; the declared type counts only when they say nothing.
 * All text is `text/plain`: SVG and HTML are markup that no model takes as an image, whatever the server calls them.
 */
export async function mediaType(bytes: Buffer, declared: string | undefined): Promise<string> {
  // Loaded on first use: most processes never fetch media.
  const { fileTypeFromBuffer } = await import('file-type')
  const sniffed = (await fileTypeFromBuffer(bytes))?.mime
  if (sniffed !== undefined && !MARKUP.test(sniffed)) return sniffed
  if (isUtf8(bytes)) return 'text/plain'
  const plain = declared?.split(';')[0]?.trim().toLowerCase() ?? ''
  return MEDIA.test(plain) && !MARKUP.test(plain) ? plain : 'application/octet-stream'
}

const MEDIA = /^(?:image|audio|video|text|application)\/[a-z\d][a-z\d.+-]*$/
const MARKUP = /(?:\/|\+)(?:html|xml|svg|xhtml)/
