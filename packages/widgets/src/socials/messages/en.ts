import shared from '../../shared/messages/en.js'

/** The texts of the first view of quests. The other languages have the same keys. */
export default {
  ...shared,
  socials: 'Quests',
  account: 'Checked with your {network} account',
  counted: 'Counted here',
  api: 'Checked by the community',
  code: 'By a code',
  answer: 'By your answer',
  review: 'A person looks at it',
  self: 'On your word',
  daily: 'Every day',
  weekly: 'Every week',
  endsAt: 'Until {time}',
  opened: 'Begun',
  waiting: 'In {time}',
  checking: 'Being checked',
  done: 'Done',
  doneAgain: 'Done, again in {time}',
  in_review: 'In review',
  failed: 'Not done yet',
  attempts_used: 'No tries left',
  cooling_down: 'Again in {time}',
  count: { one: '{count} quest', other: '{count} quests' },
  signIn: 'Sign in to take part',
}
