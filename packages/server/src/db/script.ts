/** Up to a semicolon that stands in no comment, string or `$$` body. */
const statement = /(?:--.*|'[^']*'|(\$\w*\$)[\s\S]*?\1|[^;])+/g

/**
 * The statements of an SQL script, to be sent one by one: the coordinator of a Citus cluster passes on the whole text that
 * a statement came in.
 */
export const statementsOf = (script: string): string[] =>
  [...script.matchAll(statement)].map(([text]) => text.trim()).filter((text) => text !== '')
