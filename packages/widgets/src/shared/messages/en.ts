/** Texts that every element has. */
export default {
  loading: 'Loading',
  retry: 'Try again',
}
