import type { Channel } from '@rai/stores'

/** What an operator says of a channel's page. */
export type Manifest = NonNullable<Channel['iframe']>
type Capability = Manifest['granted'][number]

/** Of what happens, pages that may hear it are told as the members' own pages are: that it did, and of what. */
const events = [
  ...['message.created', 'message.updated', 'message.deleted', 'reaction.changed', 'channel.changed'],
  ...['balance.changed', 'leaderboard.changed', 'milestone.changed', 'social.changed', 'store.changed'],
]

/** Of these, what changed is a member. */
const ofMembers = ['balance.changed', 'milestone.changed', 'social.changed']

/** What a page is told of it. It has a name of its own for the member who looks, and hears none by which others know them. */
export const heardOf = (type: string, id: string | null, channelId: string | undefined) => ({
  id: ofMembers.includes(type) ? null : id,
  channelId,
})

/** What the bridge calls it. What is not here, no host offers yet: a page that asks is told so. */
const names: Partial<Record<Capability, readonly string[]>> = {
  identity: ['identity.get'],
  'messages.draft': ['draft.set'],
  events,
  navigation: ['route.set'],
  'links.open': ['links.open'],
  'clipboard.write': ['clipboard.copy'],
  download: ['downloads'],
  share: ['share.open'],
  toast: ['toast.show'],
  fullscreen: ['fullscreen.set'],
}

/** What the operator has granted, by the names of the bridge: methods, events, and what the browser lets the page use. */
export const grantsOf = ({ granted, allow, allowPopups }: Manifest): string[] => [
  ...granted.flatMap((one) => names[one] ?? []),
  ...allow,
  ...(allowPopups ? ['popups'] : []),
]

/** What a visitor should know that a page may do; what only shows something is not worth a word. */
export const told = {
  identity: 'mayKnow',
  'messages.draft': 'mayDraft',
  events: 'mayHear',
  'links.open': 'mayLead',
  'clipboard.write': 'mayCopy',
  download: 'mayDownload',
  fullscreen: 'mayFill',
  camera: 'mayCamera',
  microphone: 'mayMicrophone',
  geolocation: 'mayLocation',
  'display-capture': 'mayCapture',
} as const

/** These, of one page. */
export const toldOf = ({ granted, allow }: Manifest) => {
  const may: readonly string[] = [...granted, ...allow]
  return Object.entries(told).flatMap(([name, word]) => (may.includes(name) ? [word] : []))
}
