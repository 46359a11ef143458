import type { Tx } from '../db/database.js'
import { withImages } from '../domain/pictures/images.js'
import type { Asker, Services } from '../http/context.js'
import { inputOf, type Once } from '../http/idempotency.js'

/** What a handler of a form with pictures is given. */
interface Form<Name extends string> {
  body: unknown
  pictures: Partial<Record<Name, Buffer>>
  principal: Asker
  once: Once
  deps: Services
}

/**
 * The effect of a form, in a transaction of its community and once per Idempotency-Key. Its pictures are put away before, and
 * stay if the transaction does.
 * @param effect Is told what each picture is called, by its field.
 */
export const withPictures = <Name extends string, T>(
  { body, pictures, principal: { communityId }, once, deps }: Form<Name>,
  effect: (tx: Tx, imageIds: Partial<Record<Name, string>>) => Promise<T>,
): Promise<T> =>
  withImages(deps.files, communityId, pictures, (imageIds, keep) =>
    deps.database.tenant(communityId, (tx) =>
      once(tx, inputOf(body, pictures as Record<string, Buffer>), () => {
        tx.afterCommit(keep)
        return effect(tx, imageIds)
      }),
    ),
  )
