// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are sources, and what they hold is template strings.
import { describe, expect, it } from 'vitest'
import { insertsIn } from './inserts.js'

describe('the check of inserts', () => {
  it.each([
    ['sql`insert into a (b) select c from d`', [1]],
    ['{}\nsql`\n  insert into a (b)\n  select ${x} from unnest(${sql`returning`})`.execute(db)', [3]],
    ['sql`insert into a ${sql`insert into b select 1`} select 2 returning 3`', [1]],
    ['sql`insert into a (b) select c from d returning 1`', []],
    ['sql`insert into a (b) select c from ${sql`(${d})`} on conflict do nothing`', []],
    ['sql`insert into a (b) values (1)`', []],
    ['/* `insert into a select 1` */ const x = { y: `select ${1}` }', []],
  ])('finds in %j the lines %j', (source, lines) => expect(insertsIn(source)).toEqual(lines))
})
