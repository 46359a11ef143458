import type { Translation } from '../messages.js'
import type { words } from '../on-demand/states.js'
import type en from './en.js'

export default {
  loading: 'בטעינה',
  retry: 'לנסות שוב',
  reference: 'מזהה {id}',
  asOf: 'נכון לשעה {time}',
  networkTitle: 'אין חיבור',
  networkText: 'כדאי לבדוק את החיבור ולנסות שוב.',
  busyTitle: 'עמוס כרגע',
  busyText: 'יש כאן הרבה אנשים עכשיו. אפשר לנסות שוב עוד רגע.',
  forbiddenTitle: 'לא זמין כאן',
  forbiddenText: 'לדף הזה אין הרשאה להציג את זה.',
  excludedTitle: 'אי אפשר להשתתף כרגע',
  excludedText: 'הצוות של הקהילה הזאת יכול להסביר למה.',
  missingTitle: 'אין כאן כלום',
  missingText: 'ייתכן שזה הועבר או הוסר.',
  brokenTitle: 'זה לא הצליח',
  brokenText: 'התקלה אצלנו. אפשר לנסות שוב עוד רגע.',
} satisfies Translation<typeof en & typeof words>
