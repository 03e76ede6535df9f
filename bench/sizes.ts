/** How much is measured: what a change is judged by, and a look in under a minute. */
export const sizes = {
  usual: {
    warmUp: { rounds: 1, wholeRequests: 6000, streams: { connections: 50, requests: 50 } },
    amounts: { rounds: 7, wholeRequests: 6000, streams: { connections: 50, requests: 100 } },
    firstByte: { rounds: 3, seconds: 2 },
    memory: { streams: [0, 1000, 5000], stalledClients: 200, settleSeconds: 4 },
  },
  quick: {
    warmUp: { rounds: 1, wholeRequests: 2000, streams: { connections: 50, requests: 50 } },
    amounts: { rounds: 1, wholeRequests: 2000, streams: { connections: 50, requests: 50 } },
    firstByte: { rounds: 1, seconds: 0.5 },
    memory: { streams: [0, 1000], stalledClients: 100, settleSeconds: 1 },
  },
} as const
