/** What the SDKs are made to ask; the sandbox does what a prompt says. */
export const schema = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
  additionalProperties: false,
}

/** The tools, with what they answer. */
export const tools = [
  { name: 'get_weather', description: 'The weather in a city', run: ({ city }: { city: string }) => `Snow in ${city}` },
  { name: 'get_time', description: 'The time in a city', run: ({ city }: { city: string }) => `Noon in ${city}` },
] as const

export const errands = {
  one: 'call get_weather with {"city":"Oslo"}',
  parallel: 'call get_weather with {"city":"Oslo"} and call get_time with {"city":"Rome"}',
  steps: 'call get_weather with {"city":"Oslo"} then call get_time with {"city":"Rome"}',
} as const

/** More than the sandbox's models read. */
export const tooLong = 'word '.repeat(201_000)

/** A text that does not end before a test has had enough of it. */
export const endless = 'sandbox: words=100000 delay=5ms'

export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
export const pdf = Buffer.from('%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF').toString('base64')

/** What `sandbox-vision` says of them. */
export const seenPng = `image/png, ${Buffer.from(png, 'base64').length} bytes`
export const seenPdf = `application/pdf, ${Buffer.from(pdf, 'base64').length} bytes`

/** Ways for an upstream to fail before it has answered anything, as orders to the sandbox. */
export const failures = {
  'refuses the request': 'sandbox:fail=400',
  'refuses our account': 'sandbox:fail=401',
  'wants to be paid': 'sandbox:fail=402',
  'limits the rate': 'sandbox:fail=429',
  'has a bug': 'sandbox:fail=500',
  'is a broken proxy': 'sandbox:fail=502',
  'is unavailable': 'sandbox:fail=503',
  'is overloaded': 'sandbox:fail=529',
  'answers a page': 'sandbox:fail=html',
  'answers an error as a success': 'sandbox:fail=200error',
  'answers garbage': 'sandbox:fail=garbage',
  'hangs up at once': 'sandbox:fail=cut@0',
} as const

export type Failure = keyof typeof failures

/** Ways to fail when the answer has begun. */
export const breaks = {
  'breaks off': 'sandbox: words=40 fail=cut@20',
  'breaks off at its first word': 'sandbox: words=40 fail=cut@1',
  'fails in the middle': 'sandbox: words=40 fail=error@20',
} as const
