import shared from '../../shared/messages/ja.js'
import type { Translation } from '../../shared/messages.js'
import type { Words } from './words.js'

export default {
  ...shared,
  signInTitle: 'メンバーの会話の場です',
  signIn: 'ログインすると読んだり参加したりできます',
  noChannelTitle: 'このチャンネルは利用できません',
  noChannelText: 'ほかの人向けか、すでになくなった可能性があります。',
  log: 'メッセージ',
  beginning: 'ここが始まりです',
  emptyTitle: 'まだ発言がありません',
  emptyText: '最初の発言をしてみましょう。',
  emptyQuiet: '発言があると自動で表示されます。',
  unread: '新着',
  edited: '編集済み',
  deleted: 'このメッセージは削除されました',
  goneName: '退会した人',
  answers: '{name} への返信',
  viaApi: '自動',
  toLatest: '最新のメッセージへ',
  newMessages: { other: '新着 {count} 件' },
  sending: '送信中',
  waiting: '接続が戻りしだい送信します',
  said: '{name}: {text}',
  saidMany: { other: '新着メッセージ {count} 件' },
  typingOne: '{name} が入力中…',
  typingTwo: '{name} と {other} が入力中…',
  typingMany: '複数の人が入力中…',
  someone: 'だれか',
} satisfies Translation<Words>
