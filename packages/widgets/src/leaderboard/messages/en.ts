import shared from '../../shared/messages/en.js'

/** The leaderboard's texts. The other languages have the same keys. */
export default {
  ...shared,
  leaderboard: 'Leaderboard',
  periods: 'Period',
  all: 'All time',
  year: 'Year',
  month: 'Month',
  week: 'Week',
  day: 'Day',
  endsIn: 'Ends in {time}',
  startsIn: 'Starts in {time}',
  finalIn: 'In review, final in {time}',
  ended: 'Ended',
  rank: 'Rank',
  member: 'Member',
  tied: 'tied',
  you: 'You',
  signIn: 'Sign in to be ranked',
  members: { one: '{count} member', other: '{count} members' },
}
