import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAmount, isBalance, largestNano, nano, nanoOfUsd, usdOf } from '../../src/model/money.ts'

describe('amounts', () => {
  it.each([
    [0n, true],
    [1n, true],
    [largestNano, true],
    [largestNano + 1n, false],
    [-1n, false],
    [1, false],
    [Number.NaN, false],
    ['1', false],
    [undefined, false],
  ])('%s: %s', (value, isOne) => {
    expect(isAmount(value)).toBe(isOne)
  })

  it('are signed in balances', () => {
    expect([-largestNano, largestNano].map(isBalance)).toEqual([true, true])
    expect([-largestNano - 1n, largestNano + 1n].map(isBalance)).toEqual([false, false])
  })

  it('cannot be made out of range', () => {
    expect(() => nano(largestNano + 1n)).toThrow(RangeError)
  })
})

describe('USD', () => {
  it.each([
    [0n, '0'],
    [20n, '0.00000002'],
    [-1_500_000_000n, '-1.5'],
    [1_000_000_000n, '1'],
    [largestNano, '4611686018.427387904'],
  ])('%s nano-USD is %s', (value, text) => {
    expect(usdOf(nano(value))).toBe(text)
    expect(nanoOfUsd(text)).toBe(value)
  })

  it.each([
    '',
    '1e3',
    '1.',
    '.5',
    '+1',
    ' 1',
    '1,5',
    '0.0000000001',
    '4611686018.427387905',
    '99999999999',
    'NaN',
    '0x1',
  ])('does not read "%s"', (text) => expect(nanoOfUsd(text)).toBeUndefined())

  it('comes back as it was, whatever it was', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -largestNano, max: largestNano }),
        (value) => nanoOfUsd(usdOf(nano(value))) === value,
      ),
    )
  })
})
