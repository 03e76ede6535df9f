/**
 * How rows end that were written from the ledger after their process had died: `swept`, the request was under way;
 * `recovered`, it was over, but its line was lost. Should the line come after all, it takes their place.
 */
export const secondHand = ['swept', 'recovered'] as const

export const isSecondHand = (outcome: string): boolean => secondHand.some((one) => one === outcome)
