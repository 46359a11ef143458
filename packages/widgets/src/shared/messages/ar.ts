import type { Translation } from '../messages.js'
import type { words } from '../on-demand/states.js'
import type en from './en.js'

export default {
  loading: 'جارٍ التحميل',
  retry: 'حاول مرة أخرى',
  reference: 'المرجع {id}',
  asOf: 'حتى الساعة {time}',
  networkTitle: 'لا يوجد اتصال',
  networkText: 'تحقّق من اتصالك ثم حاول مرة أخرى.',
  busyTitle: 'ازدحام مؤقت',
  busyText: 'عدد الزوار كبير الآن. حاول بعد لحظات.',
  forbiddenTitle: 'غير متاح هنا',
  forbiddenText: 'لا يُسمح لهذه الصفحة بعرض هذا المحتوى.',
  excludedTitle: 'لا يمكنك المشاركة حاليًا',
  excludedText: 'فريق هذا المجتمع يخبرك بالسبب.',
  missingTitle: 'لا يوجد شيء هنا',
  missingText: 'ربما نُقل أو أُزيل.',
  brokenTitle: 'لم ينجح ذلك',
  brokenText: 'المشكلة من جهتنا. حاول بعد لحظات.',
} satisfies Translation<typeof en & typeof words>
