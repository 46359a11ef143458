import { type Permission, permissions } from '@rai/contract'
import type { Database, Tx } from '../../packages/server/src/db/database.js'
import { createCommunity } from '../../packages/server/src/domain/communities.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import { createKey } from '../../packages/server/src/domain/keys/keys.js'

export interface TestCommunity {
  id: string
  /** The page that the publishable key and the widget access key allow. */
  origin: string
  publishableKey: string
  communityKey: string
  systemKey: string
  widgetAccess: { accessId: string; accessKey: string }
  /** One transaction inside the community. */
  tenant<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

export interface TestCommunityOptions {
  timeZone?: string
  origin?: string
  /** What the community key may do; everything by default. */
  permissions?: readonly Permission[]
  at?: Date
}

/** A community with one key of each kind. The access key takes `data-username`, and `data-customer-id` as an external id. */
export async function testCommunity(
  { database }: { database: Database },
  {
    timeZone = 'UTC',
    origin = 'https://site.example',
    permissions: granted = permissions,
    at = new Date(),
  }: TestCommunityOptions = {},
): Promise<TestCommunity> {
  const id = newId()
  const tenant: TestCommunity['tenant'] = (work) => database.tenant(id, work)
  const keys = await tenant(async (tx) => {
    await createCommunity(tx, { name: 'Test community', timeZone }, at)
    const name = 'Test'
    const origins = [origin]
    const identifiers = { 'data-username': '@username', 'data-customer-id': 'externalId' } as const
    return {
      publishable: await createKey(tx, { kind: 'publishable', name, origins }, at),
      community: await createKey(tx, { kind: 'community', name, permissions: [...granted] }, at),
      system: await createKey(tx, { kind: 'system', name }, at),
      access: await createKey(tx, { kind: 'widget_access', name, origins, identifiers }, at),
    }
  })
  return {
    id,
    origin,
    publishableKey: keys.publishable.key,
    communityKey: keys.community.key,
    systemKey: keys.system.key,
    widgetAccess: { accessId: keys.access.accessId!, accessKey: keys.access.key },
    tenant,
  }
}
