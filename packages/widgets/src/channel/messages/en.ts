import shared from '../../shared/messages/en.js'

/** The texts of the first view of a channel. The other languages have the same keys. */
export default {
  ...shared,
  signInTitle: 'Members talk here',
  signIn: 'Sign in to read and to join in',
}
