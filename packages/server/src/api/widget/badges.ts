import type { Badge } from '../../domain/badges/badges.js'
import type { Services } from '../../http/context.js'
import { imageUrl } from '../../pages/pictures.js'

/** A badge as pages show it. */
export function showBadge({ config }: Services, badge: Badge) {
  const image = badge.image_id ?? badge.light_image_id
  return {
    id: badge.id,
    title: badge.title,
    image: image && imageUrl(config.filesUrl, badge.community_id, image),
  }
}
