/** Texts that every element has. */
export default {
  loading: 'Loading',
  retry: 'Try again',
  reference: 'Reference {id}',
  asOf: 'As of {time}',
  networkTitle: 'No connection',
  networkText: 'Check your connection and try again.',
  busyTitle: 'A little too busy',
  busyText: 'Many people are here right now. Try again in a moment.',
  forbiddenTitle: 'Not available here',
  forbiddenText: 'This page is not allowed to show this.',
  missingTitle: 'Nothing here',
  missingText: 'It may have been moved or taken down.',
  brokenTitle: 'That did not work',
  brokenText: 'The problem is on our side. Try again in a moment.',
}
