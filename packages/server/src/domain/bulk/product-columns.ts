import { line, managementFamily, type ProductType } from '@rai/contract'
import { z } from 'zod'
import { type NamedRow, refuseHeader, short, simple } from './columns.js'
import type { RowProblem } from './csv.js'

const { productFields: fields } = managementFamily

/** What a row says of a product. */
export interface ProductContent {
  name: string
  price: number
  type?: ProductType
  /** What people call it. */
  category?: string
  description?: string
  imageAlt?: string
  discountPrice?: number
  stock?: number
  startsAt?: string
  endsAt?: string
  terms?: string
  instructions?: string
  link?: string
  isArchived?: boolean
  displayOrder?: number
}

/** One row, understood. */
export interface ProductRow extends NamedRow {
  product: ProductContent
}

const amount = (shape: z.ZodType<number | null>) =>
  z.string().transform((text, context) => {
    const { data, success } = shape.safeParse(/^\d{1,13}$/.test(text) ? Number(text) : undefined)
    if (success) return data
    context.addIssue({ code: 'custom' })
    return z.NEVER
  })

/** What a cell of each column may hold. */
const cells = {
  name: fields.name,
  price: amount(fields.price),
  type: fields.type,
  category: line(1, 100),
  description: fields.description,
  imageAlt: fields.imageAlt,
  discountPrice: amount(fields.price),
  stock: amount(fields.stock),
  startsAt: fields.startsAt,
  endsAt: fields.endsAt,
  terms: fields.terms,
  instructions: fields.instructions,
  link: fields.link,
  isArchived: z.enum(['true', 'false']).transform((text) => text === 'true'),
  displayOrder: amount(fields.displayOrder),
} as const satisfies Record<keyof ProductContent, z.ZodType>

const time = 'must be a time such as 2026-12-24T18:00:00Z'
const number = 'must be a whole number, of 0 or more and not too large'
const tooLong = 'is too long'
/** What is wrong with a cell that cannot be. */
const mustBe = {
  ...{
    name: tooLong,
    category: tooLong,
    description: tooLong,
    imageAlt: tooLong,
    terms: tooLong,
    instructions: tooLong,
  },
  ...{ price: number, discountPrice: number, stock: number, displayOrder: number },
  ...{ startsAt: time, endsAt: time },
  type: 'must be item or voucher',
  link: 'must be a web address by https',
  isArchived: 'must be true or false',
} as const satisfies Record<keyof ProductContent, string>

type Column = keyof ProductContent | 'ignore'
/** Header names without case, spaces, hyphens and underscores. */
const named = new Map<string, Column>(
  [...(Object.keys(cells) as (keyof ProductContent)[]), 'ignore' as const].map((name) => [simple(name), name]),
)
const needed = ['name', 'price'] as const

/**
 * Reads the header of a file of products.
 * @param map What columns with names of their own mean.
 * @throws Failure `invalid_file` that names every column without a meaning.
 */
export function planProducts(header: readonly string[], map: Readonly<Record<string, string>>): Column[] {
  const given = new Map(Object.entries(map).map(([name, meaning]) => [simple(name), meaning]))
  const wrong = [...given.keys()]
    .filter((name) => !header.some((one) => simple(one.trim()) === name))
    .map((name) => ({ name, message: 'is mapped but is not in the file' }))
  const plan: Column[] = []
  for (const name of header.map((one) => one.trim())) {
    const column = named.get(simple(given.get(simple(name)) ?? name))
    if (!column)
      wrong.push({ name, message: 'has no meaning here; say in the field "map", sent before the file, what it is' })
    else if (column !== 'ignore' && plan.includes(column))
      wrong.push({ name, message: 'means the same as an earlier column' })
    plan.push(column ?? 'ignore')
  }
  for (const name of needed) if (!plan.includes(name)) wrong.push({ name, message: 'is missing' })
  if (wrong.length > 0) throw refuseHeader(wrong)
  return plan
}

/** Reads a row by its plan. An empty cell says nothing. */
export function readProduct(
  plan: readonly Column[],
  lineNumber: number,
  row: readonly string[],
): ProductRow | RowProblem {
  const refuse = (message: string): RowProblem => ({ code: 'invalid_row', message })
  const product: Partial<Record<keyof ProductContent, unknown>> = {}
  for (const [index, column] of plan.entries()) {
    const cell = row[index]!.trim()
    if (column === 'ignore' || cell === '') continue
    const { data, success } = cells[column].safeParse(cell)
    if (!success) return refuse(`The ${column} "${short(cell)}" ${mustBe[column]}.`)
    product[column] = data
  }
  for (const name of needed) if (product[name] === undefined) return refuse(`The ${name} is missing.`)
  const { startsAt, endsAt } = product
  if (startsAt && endsAt && new Date(startsAt as string) >= new Date(endsAt as string))
    return refuse('It must end after it starts.')
  const content = product as unknown as ProductContent
  return { line: lineNumber, name: content.name.trim().toLowerCase(), product: content }
}
