import type { Tx } from '../../packages/server/src/db/database.js'

interface Plan {
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
  /** What a cluster has a node do. */
  'Distributed Query'?: { Job: { Tasks: { 'Remote Plan': [[{ Plan: Plan }]] }[] } }
}

const nodesOf = (plan: Plan): Plan[] => {
  const sent = plan['Distributed Query']?.Job.Tasks.map((task) => task['Remote Plan'][0][0].Plan)
  return [plan, ...[...(plan.Plans ?? []), ...(sent ?? [])].flatMap(nodesOf)]
}

/** How many rows the statements that some work sends read, from tables and from one step of their plans to the next. */
export async function rowsRead(tx: Tx, work: (tx: Tx) => Promise<unknown>): Promise<number> {
  let read = 0
  await work({
    ...tx,
    async send(...statements) {
      for (const { sql, parameters } of statements) {
        const [row] = await tx.send<{ 'QUERY PLAN': [{ Plan: Plan }] }>({
          sql: `explain (analyze, format json) ${sql}`,
          parameters,
        })
        for (const node of nodesOf(row!['QUERY PLAN'][0].Plan))
          read += (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
      }
      return tx.send(...statements)
    },
  })
  return read
}
