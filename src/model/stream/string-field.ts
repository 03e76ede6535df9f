/** Takes text apart bit by bit; `end` gives what was held back when no more comes. */
export interface Decoder {
  push(text: string): string
  end(): string
}

/**
 * Reads the string out of JSON of the shape `{"<field>": "…"}` while it arrives, at any cut: within an escape, between the halves
 * of a surrogate pair. Text of another shape comes out as it is. What stands behind the string is left out;
 * a text that ends before the string begins gives nothing.
 */
export function stringField(field: string): Decoder {
  const opening = `{${JSON.stringify(field)}:"`
  const body = stringBody()
  let head = ''
  let state: 'head' | 'body' | 'raw' = 'head'
  return {
    push(text) {
      if (state === 'body') return body.push(text)
      if (state === 'raw') return text
      head += text
      const begin = match(head, opening)
      if (begin === 'more') return ''
      state = begin === 'differs' ? 'raw' : 'body'
      return begin === 'differs' ? head : body.push(head.slice(begin))
    },
    end: () => (state === 'body' ? body.end() : ''),
  }
}

/** Where `opening`, with white space anywhere between its signs, ends in `head`. */
function match(head: string, opening: string): number | 'more' | 'differs' {
  let met = 0
  for (let at = 0; at < head.length; at++) {
    if (head[at] === opening[met]) met++
    else if (!/\s/.test(head.charAt(at))) return 'differs'
    if (met === opening.length) return at + 1
  }
  return 'more'
}

const simpleEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** Decodes the inside of a JSON string up to its closing quote. A sign that needs no escape stands for itself, escaped or not. */
function stringBody(): Decoder {
  let broken = ''
  let high = ''
  let isOver = false

  function decode(text: string): string {
    const coming = broken + text
    broken = ''
    let said = ''
    let at = 0
    while (at < coming.length) {
      const special = nextSpecial(coming, at)
      said += coming.slice(at, special)
      if (special === coming.length) break
      if (coming[special] === '"') {
        isOver = true
        break
      }
      const size = coming[special + 1] === 'u' ? 6 : 2
      if (special + size > coming.length) {
        broken = coming.slice(special)
        break
      }
      said += unescaped(coming.slice(special + 1, special + size))
      at = special + size
    }
    return said
  }

  return {
    push(text) {
      if (isOver) return ''
      const said = high + decode(text)
      high = !isOver && /[\ud800-\udbff]$/.test(said) ? said.slice(-1) : ''
      return high === '' ? said : said.slice(0, -1)
    },
    end: () => high,
  }
}

function nextSpecial(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '"' && text[at] !== '\\') at++
  return at
}

function unescaped(sign: string): string {
  if (sign.length === 1) return simpleEscapes[sign] ?? sign
  const digits = sign.slice(1)
  return /^[\da-f]{4}$/i.test(digits) ? String.fromCharCode(Number.parseInt(digits, 16)) : `\\${sign}`
}
