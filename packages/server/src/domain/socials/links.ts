import type { SocialNetwork } from '@rai/contract'
import type { Member } from '../members/members.js'
import type { Quest } from './quests.js'
import { type Program, withCode } from './referrals.js'

/** Where networks let people write something about a page. */
const composers: Partial<Record<SocialNetwork, { address: string; url: string; text?: string }>> = {
  x: { address: 'https://x.com/intent/post', url: 'url', text: 'text' },
  facebook: { address: 'https://www.facebook.com/sharer/sharer.php', url: 'u' },
  linkedin: { address: 'https://www.linkedin.com/sharing/share-offsite/', url: 'url' },
  reddit: { address: 'https://www.reddit.com/submit', url: 'url', text: 'title' },
  telegram: { address: 'https://t.me/share/url', url: 'url', text: 'text' },
}

/** Those that take one text. */
const writers: Partial<Record<SocialNetwork, string>> = {
  bluesky: 'https://bsky.app/intent/compose',
  whatsapp: 'https://wa.me/',
}

/** The address at which a network lets people share a page; null where it has none. */
export function shareLink(network: SocialNetwork, url: string, text: string): string | null {
  const composer = composers[network]
  const asked = composer
    ? { [composer.url]: url, ...(composer.text && text && { [composer.text]: text }) }
    : { text: `${text} ${url}`.trim() }
  const address = composer?.address ?? writers[network]
  return address === undefined ? null : `${address}?${new URLSearchParams(asked)}`
}

const shared = ['share', 'post', 'invite']

/** Where a quest leads a member, and what they share. Their own code stands in it where the operator has put it. */
export function linksOf(
  { network, action, settings }: Quest,
  member: Member,
  { page }: Pick<Program, 'page'>,
): { link: string | null; share: { url: string; text: string } | null } {
  const raw = settings.link ?? (action === 'invite' ? page : null)
  const url = raw === null ? null : withCode(raw, member)
  if (url === null || !shared.includes(action)) return { link: url, share: null }
  return { link: shareLink(network, url, settings.shareText) ?? url, share: { url, text: settings.shareText } }
}
