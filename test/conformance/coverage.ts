/** How many traps there are: T1 to T116. */
export const trapCount = 116

/** Traps that no request can show, and why. All others stand in the name of a test, as `(T7)` or `(T25, T46)`. */
export const notOurs: Readonly<Record<string, string>> = {
  T105: 'A fact of build machines: old ones install an old SDK. The package pins the Node that runs its tests.',
}

/** The families of cases and how many each has: `RT-01` to `RT-15` and so on. Every one stands in the name of a test. */
export const caseCounts: Readonly<Record<string, number>> = {
  RT: 15,
  ID: 8,
  TX: 6,
  SY: 10,
  TL: 38,
  MD: 13,
  TH: 24,
  SM: 15,
  US: 12,
  ST: 6,
  WS: 6,
  SG: 19,
  ER: 10,
  CT: 6,
  RS: 8,
  CP: 8,
}

/** Cases that are answered on purpose in another way than the vendors' papers suggest; the tests hold what is written here. */
export const answeredOtherwise: Readonly<Record<string, string>> = {
  'ST-05': 'Gemini’s CONTINUATION is not followed: other clients are told max_tokens, never an end, and may ask on.',
  'ST-06': 'A malformed call is an error of its channel: the next channel is asked, not the same one again.',
  'ER-01': 'An upstream’s 401, 402 and 403 are about our account: 502. Its 408 is our wait: 504.',
  'ER-04':
    'An upstream’s empty balance is told as 502; 402 and insufficient_quota are kept for the client’s own balance.',
  'US-12': 'What is metered stands in the log line.',
  'RS-07': 'Another vendor’s compaction is left out and told; refused where the client wants strictness.',
}
