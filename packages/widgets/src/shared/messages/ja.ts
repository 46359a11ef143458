import type { Translation } from '../messages.js'
import type { words } from '../on-demand/states.js'
import type en from './en.js'

export default {
  loading: '読み込み中',
  retry: '再試行',
  reference: '参照番号 {id}',
  asOf: '{time} 時点',
  networkTitle: '接続できません',
  networkText: '通信環境を確認して、もう一度お試しください。',
  busyTitle: 'ただいま混み合っています',
  busyText: 'アクセスが集中しています。しばらくしてからお試しください。',
  forbiddenTitle: 'ここでは表示できません',
  forbiddenText: 'このページには表示する権限がありません。',
  excludedTitle: '現在は参加できません',
  excludedText: '理由はこのコミュニティの運営チームにお問い合わせください。',
  missingTitle: '見つかりません',
  missingText: '移動または削除された可能性があります。',
  brokenTitle: 'うまくいきませんでした',
  brokenText: 'こちら側の問題です。しばらくしてからお試しください。',
} satisfies Translation<typeof en & typeof words>
