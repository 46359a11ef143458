/** How many rows a page of a list has where nobody says so. */
export const defaultLimit = 20

/** A page of a list, by its number from 1 on. */
export interface NumberedPage {
  page: number
  limit: number
}

/** A page of a list that is read by number. Which one it is, and how many rows there are in all, is told beside the answer. */
export async function pageByNumber<Row>(
  { query, meta }: { query: { [Name in keyof NumberedPage]?: number | undefined }; meta: Record<string, number> },
  find: (page: NumberedPage) => Promise<{ rows: Row[]; total: number }>,
): Promise<Row[]> {
  const { page = 1, limit = defaultLimit } = query
  const { rows, total } = await find({ page, limit })
  Object.assign(meta, { page, limit, total })
  return rows
}
