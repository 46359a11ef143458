import type { z } from 'zod'
import { Failure } from '../domain/failure.js'

/**
 * Only the fields of an item that were asked for, and always the id.
 * @param schema What the item can have.
 * @param fields Their names, with commas between them; undefined: all.
 * @throws Failure `invalid_request` for a name that no item has.
 */
export function project<Item extends { _id: string }>(
  schema: z.ZodObject,
  item: Item,
  fields: string | undefined,
): Pick<Item, '_id'> & Partial<Item> {
  if (fields === undefined) return item
  const names = fields.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !Object.hasOwn(schema.shape, name))
  if (unknown.length > 0) {
    throw new Failure('invalid_request', 'Ask for fields that there are.', [
      { path: 'fields', message: `unknown: ${unknown.join(', ')}` },
    ])
  }
  return pick(item, (name) => name === '_id' || names.includes(name)) as Pick<Item, '_id'> & Partial<Item>
}

/** Only some fields of an item. */
export const pick = <Item extends object>(item: Item, isAsked: (name: string) => boolean): Partial<Item> =>
  Object.fromEntries(Object.entries(item).filter(([name]) => isAsked(name))) as Partial<Item>
