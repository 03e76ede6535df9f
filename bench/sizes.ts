/** How much is measured: what a change is judged by, and a look in under a minute. */
export const sizes = {
  usual: {
    warmUp: { rounds: 1, wholeRequests: 10000, streams: { connections: 50, requests: 50 } },
    amounts: { rounds: 5, wholeRequests: 6000, streams: { connections: 50, requests: 100 } },
    firstByte: { rounds: 3, seconds: 1 },
    memory: { streams: [0, 1000, 5000], stalledClients: 50, settleSeconds: 4 },
  },
  quick: {
    warmUp: { rounds: 1, wholeRequests: 2500, streams: { connections: 50, requests: 50 } },
    amounts: { rounds: 1, wholeRequests: 1500, streams: { connections: 50, requests: 50 } },
    firstByte: { rounds: 1, seconds: 0.3 },
    memory: { streams: [0, 1000], stalledClients: 10, settleSeconds: 1 },
  },
} as const
