import { describe, expect, test } from 'vitest'
import { firstValue, forwardable, hopByHop } from '../../src/wire/headers.ts'

describe('firstValue', () => {
  test.each<{ header: string | string[] | undefined; value: string | undefined }>([
    { header: undefined, value: undefined },
    { header: '', value: undefined },
    { header: ' \t', value: undefined },
    { header: ', ,', value: undefined },
    { header: ' k ', value: 'k' },
    { header: ', k', value: 'k' },
    { header: 'a, b', value: 'a, b' },
    { header: ['', ' k ', 'l'], value: 'k' },
    { header: [], value: undefined },
  ])('$header', ({ header, value }) => {
    expect(firstValue(header)).toBe(value)
  })
})

describe('forwardable', () => {
  test('only what is allowed and not of one connection', () => {
    const headers = {
      accept: 'a',
      'x-app': 'b',
      'x-app-version': 'c',
      cookie: 'd',
      connection: 'close, X-Private',
      'x-private': 'e',
      'set-cookie': ['f', 'g'],
    }
    expect(forwardable(headers, ['accept', 'x-app-*', 'connection', 'x-private', 'set-cookie', 'absent'])).toEqual({
      accept: 'a',
      'x-app-version': 'c',
      'set-cookie': ['f', 'g'],
    })
  })

  test.each([...hopByHop])('%s never crosses', (name) => {
    expect(forwardable({ [name]: 'x' }, [name, '*'])).toEqual({})
  })
})
