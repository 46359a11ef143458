import shared from '../../shared/messages/en.js'

/** The store's texts of the first view. The other languages have the same keys. */
export default {
  ...shared,
  store: 'Store',
  items: { one: '{count} item', other: '{count} items' },
  signIn: 'Sign in to get something',
  amount: '{count} {unit}',
  range: '{from} to {to}',
  free: 'Free',
  before: 'Before',
  low: { one: 'Only {count} left', other: 'Only {count} left' },
  until: 'Until {time}',
  backInStock: 'Back in stock',
  missing: '{amount} to go',
  soldOut: 'Sold out',
  limitReached: 'You have had yours',
  againFrom: 'Yours again from {time}',
  lockedByXp: 'Locked: {amount} to go',
  lockedByGroup: 'Not for everyone',
  startsAt: 'From {time}',
  ended: 'No longer sold',
}
