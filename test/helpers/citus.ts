import pg from 'pg'

/** Every PostgreSQL that must have a test's database, as superusers see it. */
export interface Nodes {
  /** The coordinator of a Citus cluster; the only one elsewhere. */
  superuserUrl: string
  workerUrls: string[]
}

/** Asks the same of each. */
export async function onNodes({ superuserUrl, workerUrls }: Nodes, query: string): Promise<void> {
  for (const url of [superuserUrl, ...workerUrls]) await ask(url, query)
}

/** The nodes of the coordinator whose database a URL names. */
export async function citusNodes(superuserUrl: string): Promise<Nodes> {
  const rows = await ask<{ host: string }>(
    superuserUrl,
    `select nodename || ':' || nodeport as host from pg_dist_node where groupid > 0 and isactive and noderole = 'primary'`,
  )
  if (rows.length === 0) throw new Error('The coordinator of RAI_TEST_DATABASE_URL knows no worker (citus_add_node).')
  return { superuserUrl, workerUrls: rows.map(({ host }) => Object.assign(new URL(superuserUrl), { host }).href) }
}

/** Gives the workers a database that the coordinator has already, and lets all of them know each other in it. */
export async function joinNodes({ superuserUrl, workerUrls }: Nodes, name: string): Promise<void> {
  for (const url of workerUrls)
    await ask(url, `create database ${name} owner rai_owner template template0 encoding 'UTF8'`)
  for (const url of [superuserUrl, ...workerUrls]) await ask(named(url, name), 'create extension citus')
  const place = (url: string) => `'${new URL(url).hostname}', ${new URL(url).port}`
  await ask(named(superuserUrl, name), `select citus_set_coordinator_host(${place(superuserUrl)})`)
  for (const url of workerUrls) await ask(named(superuserUrl, name), `select citus_add_node(${place(url)})`)
}

/** Lets nobody into a database any more, Citus's own process neither, so that others can be made from it. */
export async function closeTemplate(nodes: Nodes, name: string): Promise<void> {
  await onNodes(nodes, `alter database ${name} allow_connections false`)
  await onNodes(nodes, `select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${name}'`)
}

const named = (url: string, name: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href

async function ask<T extends pg.QueryResultRow>(url: string, query: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(query)).rows
  } finally {
    await client.end()
  }
}
