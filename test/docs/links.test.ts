import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from './pages.ts'

const leftOut = /(^|\/)(node_modules|\.venv|\.git|data|dist|coverage)(\/|$)/

const pages = readdirSync(repository, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.md') && !leftOut.test(name),
)

/** Without what is in code. */
const prose = (name: string): string =>
  readFileSync(join(repository, name), 'utf8')
    .replace(/^```[\s\S]*?^```$/gm, '')
    .replace(/`[^`\n]*`/g, '`code`')

const linksOf = (name: string): string[] =>
  [...prose(name).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((link) => !/^\w+:/.test(link))

/** As GitHub makes them of headings. */
const anchorsOf = (name: string): string[] =>
  [
    ...readFileSync(join(repository, name), 'utf8')
      .replace(/^```[\s\S]*?^```$/gm, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

function isThere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : relative(repository, resolve(repository, dirname(page), path))
  return existsSync(join(repository, target)) && (anchor === undefined || anchorsOf(target).includes(anchor))
}

describe('no link between pages is dead', () => {
  it('finds the pages', () => {
    expect(pages).toContain('README.md')
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(20)
  })

  it.each(pages)('%s', (page) => {
    expect(linksOf(page).filter((link) => !isThere(page, link))).toEqual([])
  })
})

describe('every page in docs is in the index', () => {
  const index = { en: 'docs/README.md', zh: 'docs/README.zh-CN.md' }
  const isChinese = (name: string): boolean => name.endsWith('.zh-CN.md')
  const named = (page: string): Set<string> =>
    new Set(linksOf(page).map((link) => relative(repository, resolve(repository, dirname(page), link))))
  const wanted = pages.filter((name) => name.startsWith('docs/') && !Object.values(index).includes(name))

  it.each(wanted)('%s', (page) => {
    expect(named(isChinese(page) ? index.zh : index.en)).toContain(page)
  })
})
