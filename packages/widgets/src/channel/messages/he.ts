import shared from '../../shared/messages/he.js'
import type { Translation } from '../../shared/messages.js'
import type { Words } from './words.js'

export default {
  ...shared,
  signInTitle: 'כאן חברי הקהילה מדברים',
  signIn: 'יש להתחבר כדי לקרוא ולהשתתף',
  noChannelTitle: 'הערוץ הזה לא פתוח לך',
  noChannelText: 'ייתכן שהוא מיועד לאחרים, או שכבר אינו קיים.',
  log: 'הודעות',
  beginning: 'כאן זה מתחיל',
  emptyTitle: 'עוד לא נאמר כאן דבר',
  emptyText: 'אפשר להיות הראשונים לומר משהו.',
  emptyQuiet: 'מה שייאמר כאן יופיע מעצמו.',
  unread: 'חדש',
  edited: 'נערכה',
  deleted: 'ההודעה הזאת נמחקה',
  goneName: 'מישהו שעזב',
  answers: 'תשובה אל {name}',
  viaApi: 'אוטומטי',
  toLatest: 'אל ההודעות החדשות ביותר',
  newMessages: { one: 'הודעה חדשה אחת', two: 'שתי הודעות חדשות', other: '{count} הודעות חדשות' },
  sending: 'בשליחה',
  waiting: 'תישלח ברגע שיהיה חיבור',
  said: 'מאת {name}: {text}',
  saidMany: { one: 'הודעה חדשה אחת', two: 'שתי הודעות חדשות', other: '{count} הודעות חדשות' },
  typingOne: 'נכתבת הודעה מאת {name}…',
  typingTwo: 'נכתבות הודעות מאת {name} ו־{other}…',
  typingMany: 'כמה אנשים כותבים…',
  someone: 'מישהו',
} satisfies Translation<Words>
